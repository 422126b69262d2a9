"""JSON read and written piece by piece: a file of any size comes in and goes out while other threads of Python work.

The parser and the writer of the standard library hold the interpreter from the first character to the last, half a
second for a long climb, and so does letting go of all they made. Here each entry of the outer lists and objects is a
call of its own.
"""

import json
from collections.abc import Iterator
from json.decoder import WHITESPACE  # type: ignore[attr-defined]
from pathlib import Path
from typing import Any

from annotation.courtesy import give_way

_READ = 1 << 20
_DEPTH = 2
"""Levels of lists and objects that are taken apart; what lies deeper is one piece."""
_DECODER = json.JSONDecoder()


def load_pieces(path: Path) -> Any:
    """Read a JSON file; what comes out is what `json.load` makes of it.

    Raises
    ------
    ValueError, OSError, RecursionError
    """
    with path.open(encoding="utf-8-sig") as file:
        text = "".join(iter(lambda: file.read(_READ), ""))
    value, end = _value(text, _skip(text, 0), depth=_DEPTH)
    end = _skip(text, end)
    if end != len(text):
        raise json.JSONDecodeError("Extra data", text, end)
    return value


def json_pieces(data: Any, *, depth: int = _DEPTH) -> Iterator[bytes]:
    """Hand out piece by piece what `json.dumps` makes of data.

    Raises
    ------
    ValueError
        If a number is not finite.
    """
    if depth and isinstance(data, list | tuple) and data:
        yield b"["
        for n, item in enumerate(data):
            yield b", " if n else b""
            yield from json_pieces(item, depth=depth - 1)
        yield b"]"
    elif depth and isinstance(data, dict) and data and all(isinstance(key, str) for key in data):
        yield b"{"
        for n, (key, item) in enumerate(data.items()):
            yield f"{', ' if n else ''}{json.dumps(key)}: ".encode()
            yield from json_pieces(item, depth=depth - 1)
        yield b"}"
    else:
        yield json.dumps(data, allow_nan=False).encode()


def given_up(items: list[Any]) -> Iterator[Any]:
    """Hand out the items of a list, which is empty afterwards: each is let go of before the next."""
    items.reverse()
    while items:
        yield items.pop()


def _skip(text: str, at: int) -> int:
    end: int = WHITESPACE.match(text, at).end()
    return end


def _value(text: str, at: int, *, depth: int) -> tuple[Any, int]:
    """Return the value that begins at a place, and where it ends."""
    opening = text[at : at + 1]
    if depth and opening == "[":
        return _list(text, at + 1, depth=depth)
    if depth and opening == "{":
        return _object(text, at + 1, depth=depth)
    return _DECODER.raw_decode(text, at)


def _list(text: str, at: int, *, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    at = _skip(text, at)
    if text[at : at + 1] == "]":
        return items, at + 1
    while True:
        give_way()
        item, at = _value(text, at, depth=depth - 1)
        items.append(item)
        at = _skip(text, at)
        if text[at : at + 1] == "]":
            return items, at + 1
        at = _after(",", text, at=at)


def _object(text: str, at: int, *, depth: int) -> tuple[dict[str, Any], int]:
    entries: dict[str, Any] = {}
    at = _skip(text, at)
    if text[at : at + 1] == "}":
        return entries, at + 1
    while True:
        if text[at : at + 1] != '"':
            raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
        key, at = _DECODER.raw_decode(text, at)
        at = _after(":", text, at=_skip(text, at))
        entries[key], at = _value(text, at, depth=depth - 1)
        at = _skip(text, at)
        if text[at : at + 1] == "}":
            return entries, at + 1
        at = _after(",", text, at=at)


def _after(sign: str, text: str, *, at: int) -> int:
    """Return where what follows a sign begins."""
    if text[at : at + 1] != sign:
        raise json.JSONDecodeError(f"Expecting '{sign}' delimiter", text, at)
    return _skip(text, at + 1)
