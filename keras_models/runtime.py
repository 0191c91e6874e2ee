"""How TensorFlow behaves inside edgeprune."""

import logging
import os
import warnings


def quiet_tensorflow() -> None:
    """Keep TensorFlow's and absl's notices off stderr. Call it before the first import of TensorFlow."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")
    for name in ("tensorflow", "absl"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"(tensorflow|keras|tf_keras|absl)\b")
