"""The options about what is pruned, as a recipe has them."""

from dataclasses import dataclass
from math import inf

from edgeprune.contracts.recipes.fields import option


@dataclass(frozen=True, kw_only=True)
class MethodRecipe:
    """What is pruned, and how much. Which of these a method reads stands in its file."""

    method: str = option("threshold", "Pruning method.", plugins="edgeprune.pruning.methods")
    threshold: float | None = option(
        None,
        "Threshold: weights with |w| below it become zero (--method activation: channels with a mean |activation| "
        "below it are removed).",
        metavar="T",
        within=(0.0, inf),
    )
    sparsity: float | None = option(
        None, "Sparsity: share of the weights that become zero, 0 to 1.", metavar="S", within=(0.0, 1.0)
    )
    scope: str | None = option(
        None,
        "Scope of a share: of each layer, of all together, or of all with layers by what the output loses (default: "
        "layer; sensitivity for --method magnitude with --data; global for --method scheduled, and for --macs without "
        "--epochs).",
        choices=("layer", "global", "sensitivity"),
    )
    conv_sparsity: float | None = option(
        None,
        "Sparsity of convolutions, 0 to 1 (default: --sparsity; of methods that train, else 0.5).",
        metavar="S",
        within=(0.0, 1.0),
    )
    dense_sparsity: float | None = option(
        None,
        "Sparsity of all other layers, 0 to 1 (default: --sparsity; of methods that train, else 0.8).",
        metavar="S",
        within=(0.0, 1.0),
    )
    block: str | None = option(
        None,
        "Block of weights, R outputs x C inputs, that become zero together: 1x4 (float32) and 1x16 (int8) are stored "
        "sparsely in a .tflite.",
        metavar="RxC",
    )
    ratio: float | None = option(
        None,
        "Share of the channels to remove, 0 to 1 (--method layers: of the removable layers).",
        metavar="R",
        within=(0.0, 1.0),
    )
    count: int | None = option(None, "Number of layers or blocks to remove.", metavar="N", within=(0, inf))
    rounds: int = option(4, "Number of prune-and-train rounds, each of --epochs.", metavar="N", within=(1, 1000))
    rewind: bool = option(False, "Set the weights that are left back to their initial values in each round.")
    epsilon: float | None = option(
        None,
        "Density, in place of --sparsity: a layer keeps E x (inputs + outputs) weights.",
        metavar="E",
        within=(1e-6, 1e9),
    )
    zeta: float = option(
        0.3,
        "Share of the weights that are rewired after an epoch, 0 to 1; it falls like the learning rate.",
        metavar="Z",
        within=(0.0, 1.0),
    )
    schedule: str = option(
        "polynomial", "Schedule: zeros are added ever more slowly, or all at once.", choices=("polynomial", "constant")
    )
    initial_sparsity: float | None = option(
        None,
        "Sparsity that the schedule starts from, 0 to 1 (default: half of the final one).",
        metavar="S",
        within=(0.0, 1.0),
    )
    begin: float = option(0.0, "Share of the training before the schedule begins.", metavar="R", within=(0.0, inf))
    end: float = option(0.4, "Share of the training after which the schedule ends.", metavar="R", within=(0.0, inf))
    pattern: str | None = option(
        None, "Pattern, in place of --sparsity: M zeros in every N consecutive inputs, as 2:4.", metavar="M:N"
    )
    policy: str | None = option(
        None, "Policy: `xnnpack` prunes only what XNNPACK can run sparsely.", choices=("xnnpack",), metavar="xnnpack"
    )
    macs: float | None = option(
        None, "Share of the multiply-accumulates (MACs) to keep, 0 to 1.", metavar="R", within=(0.0, 1.0)
    )
    criterion: str = option("l1", "Criterion that channels are ranked by.", plugins="edgeprune.pruning.criteria")
    align: int | None = option(
        None,
        "Number that channel counts stay a multiple of (default: 1; 8 for --macs with an int8 .tflite).",
        metavar="N",
        within=(1, 65536),
    )
    repair: bool | None = option(
        None,
        "Repair: the weights that are left are solved anew so that each layer gives what it gave; no labels, no "
        "training (default: with --data, except for --method threshold).",
        needs=("data",),
    )
    include: tuple[str, ...] = option(
        [], "Layers (or `layer/weight`) to prune, as a pattern; no others are; repeatable.", metavar="GLOB"
    )
    exclude: tuple[str, ...] = option(
        [], "Layers (or `layer/weight`) to leave alone, as a pattern; repeatable.", metavar="GLOB"
    )
