"""The campaign's table, and its findings, alike ones together."""

import re
import sys
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field

from benchmarks.hostile.cases import FAULTS, Fault, Report

_CASES_A_LINE = 500


@dataclass
class Table:
    """Counts by family, and the reports of cases in which something was found."""

    cases: Counter[str] = field(default_factory=Counter)
    seconds: Counter[str] = field(default_factory=Counter)
    computed: Counter[str] = field(default_factory=Counter)
    faults: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    peak_bytes: int = 0
    found: list[Report] = field(default_factory=list)

    def add(self, report: Report) -> None:
        """Count one case."""
        self.cases[report.family] += 1
        self.seconds[report.family] += report.seconds
        self.computed[report.family] += report.computed
        self.statuses[report.family][report.statuses[-1]] += 1
        self.peak_bytes = max(self.peak_bytes, report.peak_bytes)
        for kind in {fault.kind for fault in report.faults}:
            self.faults[report.family][kind] += 1
        if report.faults:
            self.found.append(report)


def progress(table: Table, start: float) -> None:
    """One line that is written over, on a terminal; elsewhere a line now and then."""
    count = sum(table.cases.values())
    end = "\r" if sys.stderr.isatty() else "\n" if count % _CASES_A_LINE == 0 else None
    if end is not None:
        print(f"{count} cases, {len(table.found)} found, {time.monotonic() - start:.0f} s", end=end, file=sys.stderr)


def show(table: Table, seconds: float) -> None:
    """Print the findings, then the table."""
    groups: dict[tuple[str, str], list[tuple[Report, Fault]]] = defaultdict(list)
    for report in sorted(table.found, key=lambda found: (found.family, found.number)):
        for fault in report.faults:
            groups[fault.kind, signature(fault.seen)].append((report, fault))
    for (kind, _), members in sorted(groups.items(), key=lambda group: (FAULTS.index(group[0][0]), -len(group[1]))):
        report, fault = members[0]
        print(f"{kind}: {fault.seen[:300]}")
        print(f"    {len(members)} times, first {report.family}:{report.number}: {report.title}")
        print(f"    edgeprune {' '.join(report.argv[-1])[:300]}")
    heads = ["family", "cases", "done", *FAULTS, "s/case", "cpu s/case"]
    rows = [_row(table, family) for family in sorted(table.cases)]
    total = [sum(int(row[column]) for row in rows) for column in range(1, len(heads) - 2)]
    means = [sum(times.values()) / max(1, total[0]) for times in (table.seconds, table.computed)]
    rows.append(["all", *map(str, total), *(f"{mean:.2f}" for mean in means)])
    widths = [max(len(row[column]) for row in (heads, *rows)) for column in range(len(heads))]
    for row in (heads, *rows):
        print(
            "  ".join(
                cell.ljust(width) if not column else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
        )
    print(
        f"{len(table.found)} of {total[0]} cases found something; {seconds:.0f} s, "
        f"largest memory {table.peak_bytes / 2**30:.2f} GB"
    )


def _row(table: Table, family: str) -> list[str]:
    counts = [str(table.faults[family][kind]) for kind in FAULTS]
    means = [times[family] / table.cases[family] for times in (table.seconds, table.computed)]
    done = str(table.statuses[family][0])
    return [family, str(table.cases[family]), done, *counts, *(f"{mean:.2f}" for mean in means)]


def signature(text: str) -> str:
    """A finding without what differs from case to case: names in quotes, paths, numbers."""
    text = re.sub(r"'[^']*'|\"[^\"]*\"", "'…'", text)
    text = re.sub(r"\S*/\S*|\b[\w-]+\.(h5|keras|tflite|npz|csv|parquet)\S*", "PATH", text)
    return re.sub(r"-?\d[\d.,e+-]*", "N", text)[:160]


def show_case(report: Report) -> None:
    """Everything about one case."""
    print(f"{report.family}:{report.number}: {report.title}")
    for argv, status in zip(report.argv, report.statuses, strict=True):
        print(f"edgeprune {' '.join(argv)}\nstatus {status}")
    print(f"{report.seconds:.2f} s, {report.peak_bytes / 2**20:.0f} MB")
    print(report.stderr.rstrip())
    for fault in report.faults:
        print(f"FOUND {fault.kind}: {fault.seen}")
    if not report.faults:
        print("nothing found")
