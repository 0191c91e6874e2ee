import json

from edgeprune.contracts.results import ClassScores, Measurement, Result

NAMES = ("cat", "a, [b] {c}", 'quote " and \\ and \n', "ü", *map(str, range(4, 1000)))


def test_a_thousand_classes_stay_a_few_lines():
    classes = ClassScores(names=NAMES, examples=(50,) * 1000, scores=(0.5, None, *[0.1234] * 998))
    rows = (Measurement(stage="original", class_scores=classes), Measurement(stage="pruned"))
    result = Result(command="prune", model="m.h5", rows=rows, outputs={"model": "[\n1,\n2\n]"}, recipe={"include": ()})
    text = result.to_json()
    assert json.loads(text) == json.loads(json.dumps(result.as_json()))
    assert json.loads(text)["classes"] == {"names": list(NAMES), "examples": [50] * 1000}
    assert [row["class_scores"] for row in json.loads(text)["rows"]] == [[0.5, None, *[0.1234] * 998], None]
    assert len(text.splitlines()) < 120
    assert len(text) < 35_000
