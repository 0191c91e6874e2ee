"""Saved Keras models, read without TensorFlow: one file a format."""

from edgeprune.keras_models.loading.archives.archive import ModelArchive, check_finite, require_layers
from edgeprune.keras_models.loading.archives.detect import open_archive

__all__ = ["ModelArchive", "check_finite", "open_archive", "require_layers"]
