"""Training on several devices and in mixed precision, proven on logical CPUs in a process that has two."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from edgeprune.contracts.errors import TrainingError
from edgeprune.keras_models.training.devices import ONE_DEVICE, choose_devices

ROOT = Path(__file__).parents[3]
PROGRAM = """
import json
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras, tf_keras
from edgeprune.keras_models.training import Trainer
from edgeprune.keras_models.training.devices import Devices, choose_devices
from tests.keras_models.training.small_models import InMemory, kernels, make_model, options, some_masks

def run(k, devices):
    model, data = make_model(k), InMemory()
    live = kernels(model)
    masks = some_masks(live)
    trainer = Trainer(model, k, live, model.loss, options(epochs=8, learning_rate=0.05), devices=devices)
    copy = trainer._fitted.model
    def score():
        return float((model.predict(data.x, verbose=0).argmax(1) == data.y).mean())
    result = trainer.fit(data, masks, score, higher_is_better=True)
    trainer.close()
    return {
        "score": max(log.score for log in result.logs),
        "zeros": all((variable.numpy()[~masks[key]] == 0).all() for key, variable in live.items()),
        "copies": len(getattr(copy.trainable_variables[0], "values", None) or copy.trainable_variables[0].value.values)
        if devices.strategy else 1,
        "dtypes": [layer.compute_dtype for layer in copy.layers],
        "own dtype": model.layers[0].compute_dtype,
    }

mirrored = choose_devices("mirrored")
choices = {"one": Devices(), "mirrored": mirrored, "mixed": Devices(mixed=True)}
found = {f"{k.__name__} {name}": run(k, devices) for k in (keras, tf_keras) for name, devices in choices.items()}
print(json.dumps({"note": mirrored.note, **found}))
"""


@pytest.mark.tensorflow
def test_two_devices_and_mixed_precision_train_as_one_device_does_and_hold_the_zeros():
    done = subprocess.run([sys.executable, "-c", PROGRAM], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout.splitlines()[-1])
    assert found.pop("note") == "training on 2 devices (--strategy none turns this off)"
    for name, run in found.items():
        assert run["zeros"], name
        assert run["score"] > found[f"{name.split()[0]} one"]["score"] - 0.1, name
        assert run["copies"] == (2 if "mirrored" in name else 1), name
        assert run["dtypes"] == (["float16", "float16", "float32"] if "mixed" in name else ["float32"] * 3), name
        assert run["own dtype"] == "float32", name


def test_one_device_is_left_as_it_is():
    assert choose_devices("none") is ONE_DEVICE
    assert choose_devices("auto").note is None  # no GPU here


def test_several_devices_are_refused_where_there_is_one():
    with pytest.raises(TrainingError, match="TensorFlow sees one device"):
        choose_devices("mirrored")
