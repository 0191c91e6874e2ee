"""A saved model's config, read once where its file is opened: what stands below this door is as expected."""

from keras_models.model_config.reader import read_config

__all__ = ["read_config"]
