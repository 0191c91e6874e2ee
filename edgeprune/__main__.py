"""`python -m edgeprune`: the same as the command."""

import sys

# Python puts the working folder first on the path, where a `json.py` of the user's would be taken for Python's own.
if not sys.flags.safe_path:
    del sys.path[0]

from edgeprune.cli.main import main

main()
