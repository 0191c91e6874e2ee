"""The one place that knows the two Kerases: files, graphs, surgery, training."""
