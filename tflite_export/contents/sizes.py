"""How large a file is as it stands, and compressed."""

import gzip


def gzip_bytes(data: bytes) -> int:
    """Size after gzip at level 9; without a time stamp, so that the same bytes give the same size."""
    return len(gzip.compress(data, compresslevel=9, mtime=0))
