"""This process and those that it starts: signals, memory, streams, temporary files."""
