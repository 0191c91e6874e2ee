"""JSON from a model file: the one place where it is parsed, within bounds."""

import json
from typing import Any

from edgeprune.contracts.errors import ModelFileError
from edgeprune.keras_models.loading.archives.limits import DAMAGED, SAVE_AGAIN

MAX_BYTES = 1 << 23
"""The largest config of keras.applications has about 1 MB; Python's objects take up to 30 times the text."""
MAX_DEPTH = 100
"""A model within a model takes four levels, a layer's own config at most a dozen."""


def parse_object(text: bytes | str, where: str) -> dict[str, Any]:
    """A JSON object; `where` (file and part) begins the message. Raises ModelFileError for anything else."""
    value = parse_json(text, where)
    if not isinstance(value, dict):
        raise ModelFileError(f"{where}: expected a JSON object, found {_kind(value)}", DAMAGED)
    return value


def parse_json(text: bytes | str, where: str) -> Any:
    """Any JSON value. Raises ModelFileError where the text is none, or larger or deeper than a model's can be."""
    if len(text) > MAX_BYTES:
        raise ModelFileError(f"{where}: {len(text):,} bytes of JSON, expected at most {MAX_BYTES:,}", SAVE_AGAIN)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelFileError(f"{where}: expected JSON, found a mistake in it ({error})", DAMAGED) from error
    problem = _problem(value)
    if problem:
        raise ModelFileError(f"{where}: {problem}", DAMAGED)
    return value


def _problem(value: Any) -> str | None:
    """Why a parsed value is refused: too deep, or with text that no stream can print. None where it is sound."""
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            return f"JSON of more than {MAX_DEPTH} levels"
        inner: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                inner += item.keys()
                inner += item.values()
            elif isinstance(item, list):
                inner += item
            elif isinstance(item, str) and not _is_unicode(item):
                return f"text that is no Unicode ({item[:20]!a})"
        level = inner
    return None


def _is_unicode(text: str) -> bool:
    """JSON's escapes can write half of a surrogate pair, which has no encoding."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return {list: "a list", str: "text", bool: "true or false"}.get(type(value), "a number")
