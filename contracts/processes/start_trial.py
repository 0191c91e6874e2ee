"""Whether TensorFlow starts at all, tried in a process of its own: without memory the loader ends the whole process."""

import importlib

WORK_BYTES = 2**26
"""64 MiB, for what a command does besides."""


def main() -> bool:
    """Import what a command imports, and take some memory for its work."""
    for name in ("tensorflow", "keras", "tf_keras"):
        importlib.import_module(name)
    return len(bytearray(WORK_BYTES)) == WORK_BYTES
