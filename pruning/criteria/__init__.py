"""Criteria: how much each unit matters. One file each; its stem is the value of `--criterion`, `SUMMARY` its help.

A criterion says what it `NEEDS` ("weights", "activations", "moments" or "gradients") and has `score(evidence) ->
scores`, shape (units,): from 0, higher is more important, NaN where it sees nothing of a unit. Scores of different
groups need not be comparable (`pruning/cuts/unit_choice.py`).
"""
