"""Numeric formats: one file each; its stem is the value of --quantize."""
