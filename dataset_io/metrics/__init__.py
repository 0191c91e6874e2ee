"""Metrics: one file each; its stem is the value of `--metric`, `SUMMARY` its help. All facts of one stand in its file.

FITS: the kinds of task whose outputs it scores (`CLASSES` and `QUANTITIES` of `answers.py`, or single ones of them).
HIGHER_IS_BETTER: whether more is better; of an error, less is.
BOUNDED: whether it is never above 1. Its losses are then counted in points of 100 (`--max-drop 1`: from 0.98 to
0.97), else in per cent of what the original scores.
PERCENT: whether it lies between 0 and 1 and is shown in per cent.

`score(labels, predictions, output)` gives one number for a whole part; the predictions are finite. A file may have
`remark(kind, facts)` too: one line on labels (`facts.py`) of which the metric tells little, "" where there is nothing.
"""
