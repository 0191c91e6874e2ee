"""Which weights may be pruned, and why not the others."""

import pytest

from edgeprune.contracts.errors import UsageError
from edgeprune.contracts.model import LayerSpec, WeightSpec
from edgeprune.pruning.selection import select


def layer(path, *names, kind="Dense"):
    weights = tuple(WeightSpec(name=name, shape=(2, 2), dtype="float32") for name in names)
    return path, LayerSpec(path=path, kind=kind, weights=weights)


LAYERS = dict(
    [
        layer("input"),
        layer("embedding", "embeddings"),
        layer("block/conv", "kernel", "bias"),
        layer("block/norm", "gamma", "beta"),
        layer("lstm", "forward_layer/kernel", "forward_layer/recurrent_kernel", "forward_layer/bias"),
        layer("dense", "kernel", "bias"),
    ]
)


def test_kernels_and_nothing_else_by_default():
    selection = select(LAYERS)
    assert selection.keys == (
        ("block/conv", "kernel"),
        ("lstm", "forward_layer/kernel"),
        ("lstm", "forward_layer/recurrent_kernel"),
        ("dense", "kernel"),
    )
    assert selection.skipped == {
        "input": "has no weights",
        "embedding": "embeddings are pruned only where --include names them",
        "block/norm": "has no kernel",
    }


@pytest.mark.parametrize(
    ("patterns", "keys"),
    [
        (["block/*"], [("block/conv", "kernel"), ("block/norm", "gamma"), ("block/norm", "beta")]),
        (["emb*"], [("embedding", "embeddings")]),
        (["dense/bias"], [("dense", "bias")]),
        (["dense"], [("dense", "kernel")]),
    ],
)
def test_include_chooses_layers_and_weights(patterns, keys):
    assert list(select(LAYERS, include=patterns).keys) == keys


def test_exclude_beats_include_and_is_the_reason():
    selection = select(LAYERS, exclude=["block/*", "lstm/*recurrent*"])
    assert selection.keys == (("lstm", "forward_layer/kernel"), ("dense", "kernel"))
    assert selection.skipped["block/conv"] == "excluded by --exclude"


def test_a_pattern_that_matches_nothing_is_an_error_with_the_names():
    with pytest.raises(UsageError, match=r"no layer or weight matches 'dens_1'.*block/conv"):
        select(LAYERS, exclude=["dens_1"])
