"""Small files beside the settings in which what need not be told, or measured, again is kept."""

import json
import logging
from pathlib import Path
from typing import Any

_LOG = logging.getLogger(__name__)


def read_kept(path: Path) -> dict[str, Any]:
    """Read what was kept; nothing where there is no such file or it cannot be read."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _LOG.warning("%s cannot be read (%s); it is begun anew.", path, error)
        return {}
    return kept if isinstance(kept, dict) else {}


def write_kept(kept: dict[str, Any], *, path: Path) -> None:
    """Write what is to be kept; where that fails, the log says so: nothing a person made is lost."""
    draft = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
        draft.replace(path)
    except OSError as error:
        _LOG.warning("%s cannot be written (%s).", path, error)
