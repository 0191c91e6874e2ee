"""Several devices and mixed precision: a copy of the model is trained there, and its weights come back."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from edgeprune.contracts.errors import ModelError, TrainingError
from edgeprune.contracts.keras_model import KerasModel
from edgeprune.keras_models.graphs.config_access import layer_items
from edgeprune.keras_models.surgery.rebuild import rebuild

LEAST_CAPABILITY = 7
"""Compute capability (major) from which GPUs have units for float16 (Volta)."""


@dataclass(frozen=True)
class Devices:
    """Where a model is trained: `strategy` a tf.distribute.Strategy, None for one device; `mixed`: in mixed_float16."""

    strategy: Any = None
    mixed: bool = False

    @property
    def note(self) -> str | None:
        """What was chosen, where that is not one device with the model's own precision."""
        parts = [f"on {self.strategy.num_replicas_in_sync} devices"] if self.strategy else []
        parts += ["in mixed_float16"] if self.mixed else []
        return f"training {' '.join(parts)} (--strategy none turns this off)" if parts else None

    def scope(self) -> AbstractContextManager[Any]:
        """Where variables must be made."""
        return self.strategy.scope() if self.strategy else nullcontext()

    def copy(self, model: KerasModel, keras_major: int) -> KerasModel:
        """A model of the same layers made for these devices, its weights to be set; the model itself for one device."""
        if not self.strategy and not self.mixed:
            return model
        config = {"class_name": type(model).__name__, "config": model.get_config()}
        if self.mixed:
            _set_mixed(config)
        try:
            with self.scope():
                return rebuild(model, config, keras_major)
        except ModelError as error:
            where = "the model cannot be copied for several devices or mixed precision"
            raise ModelError(f"{where}: {error.message}", "give --strategy none") from error


ONE_DEVICE = Devices()


def choose_devices(name: str) -> Devices:
    """`none`, `mirrored` (raises TrainingError where TensorFlow sees one device), or `auto`.

    `auto`: all GPUs that there are, and mixed precision where they have units for it.
    """
    import tensorflow as tf

    if name == "none":
        return ONE_DEVICE
    gpus = tf.config.list_logical_devices("GPU")
    devices = gpus or tf.config.list_logical_devices("CPU")
    several = len(gpus) > 1 or name == "mirrored"
    if several and len(devices) < 2:
        raise TrainingError(
            "--strategy mirrored: TensorFlow sees one device, expected several GPUs", "leave --strategy out"
        )
    details = [tf.config.experimental.get_device_details(gpu) for gpu in tf.config.list_physical_devices("GPU")]
    capable = [detail.get("compute_capability", (0,))[0] >= LEAST_CAPABILITY for detail in details]
    return Devices(
        strategy=tf.distribute.MirroredStrategy([device.name for device in devices]) if several else None,
        mixed=name == "auto" and bool(capable) and all(capable),
    )


def _set_mixed(config: Mapping[str, Any]) -> None:
    """Give all layers that compute in float32 the policy mixed_float16; those that end the model stay as they are."""
    last = _names(config["config"].get("output_layers")) or {list(layer_items(config))[-1].split("/")[0]}
    for path, item in layer_items(config).items():
        policy = item["config"].get("dtype")
        name = policy.get("config", {}).get("name") if isinstance(policy, Mapping) else policy
        if name == "float32" and path.split("/")[0] not in last and item["class_name"] != "InputLayer":
            item["config"]["dtype"] = "mixed_float16"


def _names(entries: Any) -> set[str]:
    """The layers' names in `output_layers`, which is nested in ways that differ between the Kerases."""
    if isinstance(entries, str):
        return {entries}
    return set().union(*map(_names, entries)) if isinstance(entries, list | tuple) else set()
