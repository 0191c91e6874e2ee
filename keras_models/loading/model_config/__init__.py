"""A saved model's config, read once where its file is opened: what stands below this door is as expected."""

from edgeprune.keras_models.loading.model_config.reader import read_config

__all__ = ["read_config"]
