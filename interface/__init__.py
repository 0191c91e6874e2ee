"""The Python interface: the commands as functions, on paths, live models, arrays and data sets."""
