"""Files of other tools, read with care: bounded in size, no entities, nothing run, and errors a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from xml.sax import SAXException, SAXParseException
from xml.sax.handler import ContentHandler

from defusedxml import sax as safe_sax
from defusedxml.common import DefusedXmlException

from annotation.courtesy import give_way
from annotation.errors import BetascopeError
from annotation.formats.json_pieces import load_pieces

_PIECE = 1 << 13
"""Bytes of XML between two moments in which others may go first: about a millisecond's work."""
MAX_BYTES = 512 * 1024 * 1024
MAX_FRAMES = 5_000_000
MAX_JOINTS = 1_000
MAX_POINTS = 25_000_000
"""Frames times joints of one climber: about 1 GB in all arrays would be 40 million."""


class FormatError(BetascopeError):
    """A file that is not what its format asks for."""


def check_size(path: Path) -> None:
    """Refuse what is no file, or too large to be labels.

    Raises
    ------
    FormatError
    """
    try:
        if not path.is_file():
            raise FormatError(f"There is no file {path}. Check the path.")
        size = path.stat().st_size
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror}). Check its permissions.") from error
    if size > MAX_BYTES:
        raise FormatError(
            f"{path.name} has {size / 1e6:.0f} MB; labels are read up to {MAX_BYTES / 1e6:.0f} MB. Split the file."
        )


def check_extent(path: Path, *, n_frames: int, n_joints: int) -> None:
    """Refuse tables no real file asks for, before they are made.

    Raises
    ------
    FormatError
    """
    if n_frames > MAX_FRAMES or n_joints > MAX_JOINTS or n_frames * n_joints > MAX_POINTS:
        raise FormatError(
            f"{path.name} names {n_frames} frames with {n_joints} joints, more than one climber's labels can be. "
            "Check that it is the right file."
        )


def frame_number(value: object) -> int:
    """Return a frame number of a file.

    Raises
    ------
    ValueError
        If it is none, negative or absurd.
    """
    number = int(value)  # type: ignore[call-overload]
    if not 0 <= number <= MAX_FRAMES:
        raise ValueError(f"{number} is no frame number")
    return int(number)


@contextmanager
def saying_what_is_wrong(path: Path, *, what: str) -> Iterator[None]:
    """Turn what parsing a broken file raises into an error that names the file and the kind that was expected.

    Raises
    ------
    FormatError
    """
    try:
        yield
    except FormatError:
        raise
    except DefusedXmlException as error:
        raise FormatError(
            f"{path.name} was refused: it declares XML entities, which no label file needs. Nothing of it was read."
        ) from error
    except OSError as error:
        raise FormatError(f"{path} cannot be read ({error.strerror or error}). Check the file.") from error
    except RecursionError as error:
        raise FormatError(f"{path.name} is nested too deeply to be {what}. Check that it is the right file.") from error
    except SAXParseException as error:
        reason = f"line {error.getLineNumber()}: {error.getMessage()}"
        raise FormatError(f"{path.name} is not {what} ({reason}). Check that it is the right file.") from error
    except (ValueError, TypeError, LookupError, AttributeError, OverflowError, SAXException) as error:
        reason = f"{type(error).__name__}: {error}" if isinstance(error, LookupError) else str(error)
        raise FormatError(f"{path.name} is not {what} ({reason}). Check that it is the right file.") from error


def read_json(path: Path) -> Any:
    """Read JSON; call it within `saying_what_is_wrong`.

    Raises
    ------
    FormatError, ValueError, OSError
    """
    check_size(path)
    return load_pieces(path)


def read_xml(path: Path, handler: ContentHandler) -> None:
    """Tell a handler what an XML file holds, piece by piece; call it within `saying_what_is_wrong`.

    Raises
    ------
    FormatError, ValueError, OSError, DefusedXmlException, SAXException
    """
    check_size(path)
    parser = safe_sax.make_parser()
    parser.reset()
    parser.setContentHandler(handler)
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            give_way()
            parser.feed(piece)
    parser.close()
