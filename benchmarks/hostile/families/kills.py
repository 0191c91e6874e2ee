"""Commands that are killed, and the same command again: rows that were finished survive, the result is the same."""

import random
import signal

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.work_with_stores import COMMANDS, STORE, output, prepare, same_results

SUMMARY = "kill -9 of a sweep and of training with --store, and the same again"
SHARE = 2
TENSORFLOW = True


def make(rng: random.Random, folder: Folder) -> Case:
    """One or two kills at random moments, the same command to its end, and once more without a store."""
    kind = prepare(folder, rng)
    words = COMMANDS[kind]
    kills = [
        Step(arguments=(*words, *STORE, *output(kind, 1)), signal=signal.SIGKILL, after=rng.uniform(0.1, 4))
        for _ in range(rng.choice((1, 1, 2)))
    ]
    steps = (
        *kills,
        Step(arguments=(*words, *STORE, *output(kind, 2))),
        Step(arguments=(*words, *output(kind, 3))),
    )
    return Case(steps=steps, title=f"a {kind} killed {len(kills)} times", check=same_results)
