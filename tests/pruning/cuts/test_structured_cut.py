"""Planning a structured cut: what the user asks for, and what the report says."""

import numpy as np
import pytest

from edgeprune.contracts.channel_statistics import ActivationStatistics, ChannelStatistics
from edgeprune.contracts.channels import NO_CHANNEL, ChannelGraph, ChannelGroup, MacTerm, TensorAxis, WeightAxis
from edgeprune.contracts.errors import ModelError, UsageError
from edgeprune.contracts.model import LayerSpec, ModelGraph, TensorRef, WeightSpec
from edgeprune.pruning.cuts.structured_cut import CutRequest, plan_cut

SHAPES = {
    ("first", "kernel"): (4, 16),
    ("norm", "gamma"): (16,),
    ("second", "kernel"): (16, 8),
    ("rest", "kernel"): (8, 3),
}
KINDS = {"input": "InputLayer", "first": "Dense", "norm": "BatchNormalization", "second": "Dense", "rest": "Dense"}
MODEL = ModelGraph(
    keras_major=3,
    layers={
        path: LayerSpec(
            path=path,
            kind=kind,
            weights=tuple(WeightSpec(name=n, shape=s, dtype="float32") for (p, n), s in SHAPES.items() if p == path),
        )
        for path, kind in KINDS.items()
    },
    nodes=(),
    inputs=(),
    outputs=(),
)
TERMS = (
    MacTerm(node=1, coefficient=1, weight=("first", "kernel"), axes=(0, 1)),
    MacTerm(node=3, coefficient=1, weight=("second", "kernel"), axes=(0, 1)),
    MacTerm(node=4, coefficient=1, weight=("rest", "kernel"), axes=(0, 1)),
)
WEIGHTS = {key: np.random.default_rng(0).normal(size=shape).astype(np.float32) for key, shape in SHAPES.items()}
STATISTICS = ChannelStatistics(
    activations={(TensorRef(2), 1): ActivationStatistics(mean_magnitude=np.arange(16.0), zero_share=np.zeros(16))}
)


def channels(frozen: str | None = None, second_frozen: str | None = None) -> ChannelGraph:
    first, second = np.arange(16), np.arange(16, 24)
    return ChannelGraph(
        unit_of=np.arange(24),
        group_of=np.repeat([0, 1], [16, 8]),
        groups=(
            ChannelGroup(name="first", producers=("first",), consumers=("second",), units=16, frozen=frozen),
            ChannelGroup(name="second", producers=("second",), consumers=("rest",), units=8, frozen=second_frozen),
        ),
        weight_axes=(
            WeightAxis(weight=("first", "kernel"), axis=1, channels=first),
            WeightAxis(weight=("norm", "gamma"), axis=0, channels=first),
            WeightAxis(weight=("second", "kernel"), axis=0, channels=first, consumes=True),
            WeightAxis(weight=("second", "kernel"), axis=1, channels=second),
            WeightAxis(weight=("rest", "kernel"), axis=0, channels=second, consumes=True),
            WeightAxis(weight=("rest", "kernel"), axis=1, channels=np.full(3, NO_CHANNEL)),
        ),
        tensor_axes=(TensorAxis(tensor=TensorRef(2), axis=1, channels=first),),
        edits=(),
    )


def stay(request: CutRequest, graph: ChannelGraph | None = None, statistics: ChannelStatistics | None = None):
    plan = plan_cut(MODEL, graph or channels(), TERMS, WEIGHTS, request, statistics)
    return plan, [int(plan.kept[:16].sum()), int(plan.kept[16:].sum())]


def test_a_ratio_cuts_every_group():
    assert stay(CutRequest(ratio=0.5))[1] == [8, 4]


def test_macs_are_at_most_what_is_asked():
    plan, _ = stay(CutRequest(macs=0.5))
    first, second = plan.kept[:16].sum(), plan.kept[16:].sum()
    share = (4 * first + first * second + 3 * second) / (4 * 16 + 16 * 8 + 3 * 8)
    assert 0.47 < share <= 0.5


def test_steps_that_miss_what_is_asked_are_told_with_what_is_left():
    plan, counts = stay(CutRequest(macs=0.9, align=8))
    assert counts == [8, 8]
    assert (
        "0.5556 of the MACs stay, the nearest found below the 0.9 asked for: channels go in steps of 8 (--align)"
        in (plan.notes)
    )


def test_the_report_has_every_layer_with_its_units_and_reasons():
    plan, _ = stay(CutRequest(ratio=0.5), channels(second_frozen="joined with an input"))
    rows = {row.name: row for row in plan.layers}
    assert list(rows) == list(KINDS)
    assert (rows["first"].units_before, rows["first"].units_after, rows["first"].weights) == (16, 8, 32)
    assert (rows["first"].status, rows["first"].reason) == ("pruned", None)
    assert (rows["norm"].units_after, rows["norm"].status) == (8, "pruned")
    assert (rows["second"].units_before, rows["second"].units_after, rows["second"].weights) == (8, 8, 64)
    assert (rows["rest"].status, rows["rest"].reason) == ("skipped", "its channels are never removed")
    assert rows["input"].reason == "has no weights"


def test_a_layer_that_loses_nothing_is_skipped_with_the_reason():
    plan, _ = stay(CutRequest(threshold=-1.0, criterion="random"), channels(second_frozen="joined with an input"))
    rows = {row.name: row for row in plan.layers}
    assert rows["first"].reason == "nothing in it ranks low enough"
    assert rows["second"].reason == "joined with an input"


def test_zeros_among_what_stays_are_counted():
    weights = WEIGHTS | {("first", "kernel"): WEIGHTS["first", "kernel"].copy()}
    weights["first", "kernel"][0] = 0
    plan = plan_cut(MODEL, channels(), TERMS, weights, CutRequest(ratio=0.5))
    assert next(row for row in plan.layers if row.name == "first").zeros == 8


def test_a_threshold_takes_weak_activations_and_leaves_what_was_not_seen():
    plan, counts = stay(CutRequest(threshold=4.0, criterion="activation"), statistics=STATISTICS)
    assert counts == [12, 8]
    assert plan.notes == ("activation has no values for second: all of it stays",)
    assert stay(CutRequest(threshold=0.0, criterion="activation"), statistics=STATISTICS)[1] == [16, 8]


@pytest.mark.parametrize(("criterion", "needed"), [("activation", "activations"), ("taylor", "gradients")])
def test_a_criterion_that_needs_data_asks_for_it(criterion, needed):
    with pytest.raises(UsageError, match=f"--criterion {criterion} needs data: it ranks by {needed}; give --data D"):
        stay(CutRequest(ratio=0.5, criterion=criterion))


def test_groups_that_a_criterion_does_not_see_are_ranked_by_l1_and_named():
    plan, counts = stay(CutRequest(ratio=0.5, criterion="bn-scale"))
    assert counts == [8, 4]
    assert plan.notes == ("bn-scale has no values for second: ranked by l1 there",)
    gamma = np.abs(WEIGHTS["norm", "gamma"])
    assert gamma[plan.kept[:16]].min() > gamma[~plan.kept[:16]].max()


def test_one_unit_stays_and_the_plan_says_so():
    plan, counts = stay(CutRequest(ratio=1.0))
    assert counts == [1, 1]
    assert plan.notes[0] == "first: 1 of 16 channels, the fewest that may stay"


def test_aligned_layers_keep_multiples():
    assert stay(CutRequest(ratio=0.3, align=8))[1] == [16, 8]
    assert stay(CutRequest(ratio=0.5, align=4))[1] == [8, 4]


def test_units_of_several_channels_are_aligned_by_their_channels():
    """A unit of two channels each: four units are eight channels."""
    pairs = np.repeat(np.arange(8), 2)
    graph = ChannelGraph(
        unit_of=np.arange(8),
        group_of=np.zeros(8, np.int64),
        groups=(ChannelGroup(name="first", producers=("first",), consumers=("second",), units=8),),
        weight_axes=(
            WeightAxis(weight=("first", "kernel"), axis=1, channels=pairs),
            WeightAxis(weight=("second", "kernel"), axis=0, channels=pairs, consumes=True),
        ),
        tensor_axes=(),
        edits=(),
    )
    assert plan_cut(MODEL, graph, (), WEIGHTS, CutRequest(ratio=0.5, align=8)).kept.sum() == 4
    assert plan_cut(MODEL, graph, (), WEIGHTS, CutRequest(ratio=0.4, align=8)).kept.sum() == 8


def test_only_chosen_layers_lose_channels():
    assert stay(CutRequest(ratio=0.5, include=("fir*",)))[1] == [8, 8]
    plan, counts = stay(CutRequest(ratio=0.5, exclude=("first",)))
    assert counts == [16, 4]
    assert next(row for row in plan.layers if row.name == "first").reason == "left out by --include or --exclude"


def test_a_pattern_that_matches_nothing_is_wrong_usage():
    with pytest.raises(UsageError, match="no layer matches 'conv\\*'; the model has: first, norm"):
        stay(CutRequest(ratio=0.5, include=("conv*",)))


def test_a_selection_that_leaves_nothing_is_wrong_usage():
    with pytest.raises(UsageError, match="--include and --exclude leave nothing that can be cut"):
        stay(CutRequest(ratio=0.5, include=("norm",)))


def test_a_model_with_nothing_to_cut_is_refused_with_the_reasons():
    with pytest.raises(ModelError, match="nothing in this model can be cut: an output of the model"):
        stay(
            CutRequest(ratio=0.5),
            channels(frozen="an output of the model", second_frozen="an output of the model"),
        )


def test_a_request_says_how_much():
    with pytest.raises(UsageError, match="give --threshold, --ratio or --macs"):
        stay(CutRequest())


@pytest.mark.parametrize("criterion", ["l1", "l2", "bn-scale", "random"])
@pytest.mark.parametrize("scope", ["layer", "global"])
def test_the_same_request_gives_the_same_plan(criterion, scope):
    request = CutRequest(ratio=0.4, criterion=criterion, scope=scope)
    assert np.array_equal(stay(request)[0].kept, stay(request)[0].kept)
