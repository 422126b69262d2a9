"""Data files of the application and a small loader; imports nothing but the standard library.

Returns paths and text, never Qt objects. Central names: `resource_path`, `read_text`, `names`.
"""

from pathlib import Path

_ROOT = Path(__file__).parent


def resource_path(*parts: str) -> Path:
    """Return the path of a packaged file, such as ``resource_path("body", "body.npz")``.

    Raises
    ------
    FileNotFoundError
        If the installation lacks the file.
    """
    path = _ROOT.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"The installation lacks {'/'.join(parts)}: install Betascope again.")
    return path


def read_text(*parts: str) -> str:
    """Return a packaged file as text."""
    return resource_path(*parts).read_text(encoding="utf-8")


def names(folder: str, *, suffix: str) -> list[str]:
    """Return the names, without suffix, of the packaged files in a folder."""
    return sorted(path.stem for path in resource_path(folder).glob(f"*{suffix}"))
