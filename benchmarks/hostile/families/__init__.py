"""Families of cases: each file is one, found by itself.

A file gives SUMMARY (a sentence), SHARE (how many cases of all, against the other families), TENSORFLOW (whether its
commands need it), and `make(rng, folder)`: the case, its files made in the folder.
"""
