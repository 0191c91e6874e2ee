"""Criteria: how much each unit matters. One file each; its stem is the value of `--criterion`, `SUMMARY` its help.

A criterion says what it `NEEDS` ("weights", "activations" or "gradients"), whether its scores are `COMPARABLE`
between groups as they are (else they are divided by their group's mean before a ranking over the whole model),
and has `score(evidence) -> scores`, shape (units,): higher is more important, NaN where it sees nothing of a unit.
"""
