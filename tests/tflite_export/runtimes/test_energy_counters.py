"""Reading the processor's energy counters, from a folder laid out as Linux lays it out."""

import os

import pytest

from edgeprune.tflite_export.runtimes.energy_counters import find_counters


def domain(powercap, number, name, energy, limit=1000):
    folder = powercap / f"intel-rapl:{number}"
    folder.mkdir(parents=True)
    for file, content in (("name", name), ("energy_uj", energy), ("max_energy_range_uj", limit)):
        (folder / file).write_text(f"{content}\n")
    return folder / "energy_uj"


def spend(file, microjoules, limit=1000):
    file.write_text(f"{(int(file.read_text()) + microjoules) % (limit + 1)}\n")


def test_what_each_run_spends_is_the_rise_of_package_and_memory(tmp_path):
    package, memory = domain(tmp_path, "0", "package-0", 10), domain(tmp_path, "0:2", "dram", 20)
    core, platform = domain(tmp_path, "0:0", "core", 0), domain(tmp_path, "1", "psys", 0)
    counters = find_counters(tmp_path)

    def run():
        for file, microjoules in ((package, 30), (memory, 5), (core, 400), (platform, 500)):
            spend(file, microjoules)

    assert counters.microjoules_a_run(run, seconds=0) == 35


def test_a_counter_that_starts_again_at_0_is_followed(tmp_path):
    package = domain(tmp_path, "0", "package-0", 990)
    assert find_counters(tmp_path).microjoules_a_run(lambda: spend(package, 40), seconds=0) == 40
    assert package.read_text() == "29\n"


def test_the_mean_is_of_all_runs_in_the_time_given(tmp_path):
    package = domain(tmp_path, "0", "package-0", 0, limit=10**9)
    found = find_counters(tmp_path).microjoules_a_run(lambda: spend(package, 7, limit=10**9), seconds=0.02)
    assert found == pytest.approx(7)
    assert int(package.read_text()) > 7


def test_a_counter_that_does_not_move_measures_nothing(tmp_path):
    domain(tmp_path, "0", "package-0", 10)
    assert find_counters(tmp_path).microjoules_a_run(lambda: None, seconds=0) is None


def test_machines_without_counters_have_none(tmp_path):
    assert find_counters(tmp_path / "missing") is None
    domain(tmp_path, "1", "psys", 0)
    assert find_counters(tmp_path) is None


def test_counters_that_may_not_be_read_are_none(tmp_path):
    energy = domain(tmp_path, "0", "package-0", 10)
    energy.unlink()
    energy.mkdir() if os.geteuid() == 0 else energy.touch(mode=0o000)
    assert find_counters(tmp_path) is None
