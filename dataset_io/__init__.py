"""The data that users bring: formats, preprocessing, tasks and metrics."""
