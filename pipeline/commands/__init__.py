"""One file a command, and the points of a sweep."""
