"""What made a result, and how that is told."""

from edgeprune.contracts import origin


def test_it_names_versions_and_the_processor():
    here = origin.origin()
    assert {"edgeprune", "tensorflow", "CPU"} <= set(here)
    assert all(here.values())
    assert "none" not in (here["edgeprune"], here["tensorflow"])
    assert origin.differences(dict(here)) == ""


def test_differences_name_both_sides():
    other = {**origin.origin(), "tensorflow": "1.0", "more": "2"}
    here = origin.origin()["tensorflow"]
    assert origin.differences(other) == f"made with tensorflow 1.0, not {here}; more 2, not None"
    assert origin.differences(None) == "nobody knows what made it"


def test_a_machine_without_linux_s_file_has_a_processor_too(tmp_path, monkeypatch):
    monkeypatch.setattr(origin, "CPU_FACTS", tmp_path / "nowhere")
    assert origin._cpu_model()
