"""The identifier in a SavedModel's `fingerprint.pb`: of its content, so that the same model has the same bytes."""

import hashlib
from pathlib import Path


def identify_by_content(folder: Path) -> None:
    """Replace the random number that TensorFlow writes there (`uuid`, 128 bits) by a digest of the file's hashes.

    They cover graph, signatures, objects and variables. No loader reads the number, and there is no other use of it in
    TensorFlow 2.21 (tensorflow/core/protobuf/fingerprint.proto).
    """
    from tensorflow.core.protobuf import fingerprint_pb2

    file = folder / "fingerprint.pb"
    fingerprint = fingerprint_pb2.FingerprintDef.FromString(file.read_bytes())
    fingerprint.ClearField("uuid")
    digest = hashlib.sha256(fingerprint.SerializeToString(deterministic=True)).digest()
    fingerprint.uuid = str(int.from_bytes(digest[:16]))
    file.write_bytes(fingerprint.SerializeToString(deterministic=True))
