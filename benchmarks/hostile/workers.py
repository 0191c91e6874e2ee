"""Processes that run cases: each imports once what its families need, and forks a child for every command."""

import contextlib
import gc
import importlib
import multiprocessing
import multiprocessing.connection
import os
import pkgutil
import shutil
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import ModuleType
from typing import Any

from benchmarks.hostile import forking, judging
from benchmarks.hostile.cases import Case, Fault, Folder, Outcome, Report, generator

FAMILIES = "benchmarks.hostile.families"

_LIGHT = (
    "numpy",
    "h5py",
    "edgeprune.cli.main",
    "edgeprune.cli.inspect_tables",
    "edgeprune.pipeline.commands.inspect",
    "edgeprune.pipeline.commands.inspect_tflite",
)
_LIGHT_LATE = (
    "ai_edge_litert.schema_py_generated",
    "edgeprune.keras_models.loading.archives.h5",
    "edgeprune.keras_models.loading.archives.saved_model",
)
_HEAVY = ("keras", "tf_keras", "tensorflow.lite", "pandas", "PIL.Image", "ai_edge_litert.interpreter")
_HEAVY_LATE = (
    "edgeprune.pipeline.commands.prune",
    "edgeprune.pipeline.commands.sweep",
    "edgeprune.pipeline.commands.export",
    "edgeprune.pipeline.commands.benchmark",
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What all cases share."""

    seed: int
    bases: Path
    keep: Path | None = None
    hang_seconds: float = forking.HANG_SECONDS


def families() -> dict[str, ModuleType]:
    """The families by name: each file of the folder is one."""
    package = importlib.import_module(FAMILIES)
    names = sorted(found.name for found in pkgutil.iter_modules(package.__path__))
    return {name.replace("_", "-"): importlib.import_module(f"{FAMILIES}.{name}") for name in names}


def run_all(work: Sequence[tuple[str, int]], *, tensorflow: bool, workers: int, settings: Settings) -> Iterator[Report]:
    """Run cases `(family, number)` in processes of their own; reports come as they are ready."""
    context = multiprocessing.get_context("fork")
    position = context.Value("i", 0)
    pipes = {}
    for _ in range(min(workers, len(work))):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_work, args=(sender, position, work, tensorflow, settings))
        process.start()
        sender.close()
        pipes[receiver] = process
    try:
        while pipes:
            for receiver in multiprocessing.connection.wait(list(pipes)):
                try:
                    yield receiver.recv()
                except EOFError:
                    process = pipes.pop(receiver)
                    process.join()
                    if process.exitcode:
                        raise RuntimeError(f"a worker of the campaign ended with status {process.exitcode}") from None
    finally:
        for process in pipes.values():
            process.terminate()


def _work(sender: Any, position: Any, work: Sequence[tuple[str, int]], tensorflow: bool, settings: Settings) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends the campaign, which ends its workers
    prepare(tensorflow=tensorflow)
    known = families()
    while True:
        with position.get_lock():
            number = position.value
            position.value += 1
        if number >= len(work):
            return
        family, case = work[number]
        sender.send(run_case(family, known[family], case, settings))


def prepare(*, tensorflow: bool) -> None:
    """Import what the commands import, so that no child does; TensorFlow's runtime is not started."""
    if tensorflow:
        from edgeprune.contracts.processes.quiet import import_tensorflow

        import_tensorflow()
    for name in (*_LIGHT, *_LIGHT_LATE, *((*_HEAVY, *_HEAVY_LATE) if tensorflow else ())):
        with contextlib.suppress(ModuleNotFoundError):  # modules of the project may be moved
            importlib.import_module(name)
    gc.collect()
    gc.freeze()  # a collection in the child would copy every page of these objects


def run_case(family: str, module: ModuleType, number: int, settings: Settings) -> Report:
    """Make a case's files, run its steps, judge them; its folder goes, unless something was found and is kept."""
    with tempfile.TemporaryDirectory(prefix="hostile-", ignore_cleanup_errors=True) as root:
        folder = Folder(Path(root), settings.bases)
        folder.make()
        try:
            case: Case = module.make(generator(settings.seed, family, number), folder)
        except Exception as error:
            raise RuntimeError(f"the case {family}:{number} cannot be made") from error
        before = judging.listing(folder.work)
        given = folder.root / "given"
        if settings.keep is not None:
            shutil.copytree(folder.work, given, symlinks=True, copy_function=_copy)
        outcomes = [forking.run(step, folder, settings.hang_seconds) for step in case.steps]
        found = judging.faults(case, folder, outcomes, before)
        report = _report(family, number, case, outcomes, found)
        if found and settings.keep is not None:
            if any(fault.kind == "bug" for fault in found):  # once more, for the place of it
                last = replace(case.steps[-1], arguments=(*case.steps[-1].arguments, "--debug"))
                outcomes.append(forking.run(last, folder, settings.hang_seconds))
            _keep(report, given, outcomes, settings.keep)
        return report


def _copy(source: str, target: str) -> None:
    if os.path.isfile(source):  # noqa: PTH113
        shutil.copy2(source, target, follow_symlinks=False)


def _report(family: str, number: int, case: Case, outcomes: list[Outcome], found: tuple[Fault, ...]) -> Report:
    return Report(
        family=family,
        number=number,
        title=case.title,
        argv=tuple(outcome.step.arguments for outcome in outcomes),
        statuses=tuple(outcome.status for outcome in outcomes),
        seconds=sum(outcome.seconds for outcome in outcomes),
        computed=sum(outcome.computed for outcome in outcomes),
        peak_bytes=max(outcome.peak_bytes for outcome in outcomes),
        faults=found,
        stderr=outcomes[-1].stderr[-2000:],
    )


def _keep(report: Report, given: Path, outcomes: list[Outcome], keep: Path) -> None:
    """Keep the files of a case as they were given, its command lines and what they said."""
    target = keep / f"{report.family}-{report.number}"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(given, target, symlinks=True, copy_function=_copy)
    lines = [report.title, *(f"{fault.kind}: {fault.seen}" for fault in report.faults)]
    for outcome in outcomes:
        lines += ["", f"edgeprune {' '.join(outcome.step.arguments)}", f"status {outcome.status}", outcome.stderr]
    (target / "CASE.txt").write_text("\n".join(lines), encoding="utf-8")
