"""What crosses a wall between packages: plain data, protocols and errors. Imports nothing of ours."""
