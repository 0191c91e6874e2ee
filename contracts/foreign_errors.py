"""Errors that others raise and a user can do something about: memory that ends, files that the system refuses."""

from edgeprune.contracts.errors import EdgepruneError
from edgeprune.contracts.processes import memory


def as_ours(error: Exception) -> EdgepruneError | None:
    """The error that the user is told, with what to do next; None where it is a mistake in the program."""
    if memory.is_out_of_memory(error):
        return EdgepruneError("out of memory", "try a smaller --batch-size or a smaller model")
    if isinstance(error, EdgepruneError):
        return error
    if isinstance(error, OSError):
        return EdgepruneError(f"{error.filename or 'a file'}: {error.strerror or error}")
    return None
