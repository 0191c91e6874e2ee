"""What results depend on besides model, data and options: the versions of the libraries, and the machine."""

import os
import platform
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

LIBRARIES = ("edgeprune", "tensorflow", "keras", "tf-keras", "tensorflow-model-optimization", "ai-edge-litert")
CPU_FACTS = Path("/proc/cpuinfo")


@cache
def origin() -> Mapping[str, str]:
    """Versions of the libraries and the CPU, under names for a user. Imports none of them."""
    return {**{name: _version(name) for name in LIBRARIES}, "CPU": f"{os.cpu_count()} x {_cpu_model()}"}


def differences(found: object) -> str:
    """How another origin differs from this one, as a clause for a message; empty where it does not."""
    here = origin()
    if not isinstance(found, Mapping):
        return "nobody knows what made it"
    names = dict.fromkeys([*here, *map(str, found)])
    told = [f"{name} {found.get(name)}, not {here.get(name)}" for name in names if found.get(name) != here.get(name)]
    return f"made with {'; '.join(told)}" if told else ""


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _cpu_model() -> str:
    """The processor's name; of Linux from its own file, as Python's `platform` tells only the architecture there."""
    try:
        lines = CPU_FACTS.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, "") or platform.processor() or platform.machine()
