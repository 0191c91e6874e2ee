"""Recipe in, result out: one file a command. No Typer, no Rich."""
