"""Joules that the processor itself counts: RAPL (Running Average Power Limit), as Linux shows it.

https://www.kernel.org/doc/html/latest/power/powercap/powercap.html: each folder `intel-rapl:N` (AMD's processors too)
has a `name`, `energy_uj` that counts up, and `max_energy_range_uj`, after which it starts again at 0. Since
CVE-2020-8694 only root may read the counter.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

POWERCAP = Path("/sys/class/powercap")
COUNTED = ("package", "dram")
"""What the names of the counted domains begin with; the others (core, uncore, psys) are parts of these or hold them."""

SHORTEST_SECONDS = 0.5
"""The counters move about once a millisecond."""


@dataclass(frozen=True)
class EnergyCounters:
    """The counters of one machine, one folder each."""

    folders: tuple[Path, ...]

    def microjoules_a_run(self, run: Callable[[], object], seconds: float = SHORTEST_SECONDS) -> float | None:
        """What the whole processor spends on average while `run` is called again and again for `seconds`.

        That holds all that it does meanwhile. None where the counters do not move, as on some virtual machines.
        """
        before, runs, end = self._read(), 0, time.perf_counter() + seconds
        while not runs or time.perf_counter() < end:
            run()
            runs += 1
        spent = sum(
            (after - start) % (_number(folder / "max_energy_range_uj") + 1)
            for folder, start, after in zip(self.folders, before, self._read(), strict=True)
        )
        return spent / runs if spent else None

    def _read(self) -> list[int]:
        return [_number(folder / "energy_uj") for folder in self.folders]


def find_counters(powercap: Path = POWERCAP) -> EnergyCounters | None:
    """The machine's counters; None where it has none, or they cannot be read."""
    try:
        domains = [folder for folder in sorted(powercap.glob("intel-rapl:*")) if _is_counted(folder)]
        for domain in domains:
            _number(domain / "energy_uj")
    except OSError:
        return None
    return EnergyCounters(tuple(domains)) if domains else None


def _is_counted(folder: Path) -> bool:
    return (folder / "name").read_text(encoding="utf-8").startswith(COUNTED)


def _number(file: Path) -> int:
    return int(file.read_text(encoding="utf-8"))
