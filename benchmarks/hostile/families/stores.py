"""Stores of sweeps and of training that were damaged: what is damaged is computed again, to the same result."""

import random

from benchmarks.hostile.cases import Case, Folder, Step
from benchmarks.hostile.damage import damaged_bytes
from benchmarks.hostile.work_with_stores import COMMANDS, STORE, output, prepare, same_results

SUMMARY = "sweep and prune --store: damaged rows and checkpoints"
SHARE = 2
TENSORFLOW = True


def make(rng: random.Random, folder: Folder) -> Case:
    """A finished command with a store, its store damaged, and the same command again."""
    kind = prepare(folder, rng)
    seed = rng.randrange(2**32)

    def damage(folder: Folder) -> None:
        again = random.Random(seed)
        files = sorted(path for path in (folder.work / "store").rglob("*") if path.is_file())
        for path in again.sample(files, k=min(len(files), again.choice((1, 1, 2)))):
            if again.random() < 0.1:
                path.unlink()
            else:
                path.write_bytes(damaged_bytes(path.read_bytes(), again)[0])

    words = (*COMMANDS[kind], *STORE)
    steps = (
        Step(arguments=(*words, *output(kind, 1))),
        Step(arguments=(*words, *output(kind, 2)), before=damage),
    )
    return Case(steps=steps, title=f"the store of a {kind} damaged", check=same_results)
