"""Data formats: one file each.

SUMMARY: what is given to `--data`, a colon, and what is expected in it; HOLDS: what it can (`HOLDINGS` of
`examples.py`). `matches(source)` says whether a source is of this form, and of no other, by its name and what lies
there; `check(source, options)`, where there is one, refuses options that do not fit it before a model is loaded;
`lacks_labels(source)`, where there is one, whether it shows at a glance that there are no labels;
`read(source, interface, options)` gives what it holds, labels only where `options.reads_labels`. `write(folder, parts)`
makes such a source of examples, the parts called `train` and `test`, and gives its name: by that the tests of all
formats try what it says.
"""
