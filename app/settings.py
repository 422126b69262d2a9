"""What a person chose once: typed, kept as sparse overrides in a readable file."""

import getpass
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import platformdirs

MAX_RECENT = 12
MIN_CACHE_MB = 64
MAX_NAME_CHARS = 80
_LOG = logging.getLogger(__name__)


@dataclass(frozen=True)
class Settings:
    """Choices that outlive the window.

    Attributes
    ----------
    theme : str
        ``"dark"`` or ``"light"``.
    body : str
        Name of the body that is fitted: ``"betascope"`` is built in.
    mesh_opacity : float
        Of the body drawn over the video, 0 to 1.
    cache_mb : int or None
        Room for decoded frames in MB; None takes a quarter of the memory, at most 4 GB.
    auto_proxy : bool
        Whether clips that are slow to scrub get a proxy by themselves.
    loupe, onion_skin, snap : bool
        Whether pixels are magnified while dragging, the neighbouring keyframes shown, and joints snap to predictions.
    keyframe_tolerance : float
        Keyframes are suggested where straight lines are off by more than this, in torso lengths.
    body_follows : bool
        Whether the body is fitted again around every correction.
    smoother : str
        What smoothed last, by name; empty before the first time.
    smoothing_strength : float
        How strongly it did, 0 to 1.
    steady : bool
        Whether paths are steadied after models.
    author : str
        Name kept with each label; empty for the login name.
    recent : tuple of str
        Folders of the projects opened last, newest first.
    key_preset : str
        Whose keys: the value of a `Preset`.
    keys : mapping of str to tuple of str
        Keys chosen instead of the preset's, by the names of the actions.
    """

    theme: str = "dark"
    body: str = "betascope"
    mesh_opacity: float = 0.6
    cache_mb: int | None = None
    auto_proxy: bool = True
    loupe: bool = True
    onion_skin: bool = False
    snap: bool = False
    keyframe_tolerance: float = 0.1
    body_follows: bool = True
    smoother: str = ""
    smoothing_strength: float = 1.0
    steady: bool = True
    author: str = ""
    recent: tuple[str, ...] = ()
    key_preset: str = "betascope"
    keys: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def annotator(self) -> str:
        """The name kept with each label."""
        return self.author or login_name()

    @property
    def cache_bytes(self) -> int | None:
        """Room for decoded frames in bytes; None for what suits the machine."""
        return None if self.cache_mb is None else self.cache_mb << 20

    def with_recent(self, folder: Path) -> "Settings":
        """Return the settings with a project at the head of the recent ones."""
        others = [path for path in self.recent if path != str(folder)]
        return replace(self, recent=(str(folder), *others)[:MAX_RECENT])


def login_name() -> str:
    """Return who is logged in; empty where nobody is known."""
    try:
        return getpass.getuser()
    except (OSError, KeyError, ImportError):  # no such user, as in some containers
        return ""


def settings_path() -> Path:
    """Return where the settings lie."""
    return platformdirs.user_config_path("betascope") / "settings.json"


def bodies_path() -> Path:
    """Return where the bodies a person added lie."""
    return platformdirs.user_data_path("betascope") / "bodies"


def models_path() -> Path:
    """Return where the weights a person trained or added lie."""
    return platformdirs.user_data_path("betascope") / "models"


def demo_path() -> Path:
    """Return where the demo started from the window leaves its files."""
    return platformdirs.user_data_path("betascope") / "demo"


def load_settings(path: Path) -> Settings:
    """Read the settings; what is missing or wrong falls back to the default, with a warning."""
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Settings()
    except (OSError, ValueError) as error:
        _LOG.warning("The settings in %s cannot be read (%s); the defaults are used.", path, error)
        return Settings()
    return Settings(**_valid(raw if isinstance(raw, dict) else {}))


def save_settings(settings: Settings, *, path: Path) -> None:
    """Write what differs from the defaults."""
    defaults = asdict(Settings())
    changed = {name: value for name, value in asdict(settings).items() if value != defaults[name]}
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.write_text(json.dumps(changed, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def are_keys(value: object) -> bool:
    """Tell whether a value from a file has the form of keys by the names of actions."""
    return isinstance(value, dict) and all(
        isinstance(keys, list) and all(isinstance(key, str) for key in keys) for keys in value.values()
    )


def _valid(raw: dict[str, Any]) -> dict[str, Any]:
    checks: dict[str, Callable[[Any], bool]] = {
        "theme": lambda value: value in ("dark", "light"),
        "body": lambda value: isinstance(value, str),
        "mesh_opacity": lambda value: isinstance(value, int | float) and 0 <= value <= 1,
        "keyframe_tolerance": lambda value: isinstance(value, int | float) and 0 < value <= 1,
        "cache_mb": lambda value: value is None or (type(value) is int and value >= MIN_CACHE_MB),
        **dict.fromkeys(
            ("auto_proxy", "loupe", "onion_skin", "snap", "body_follows", "steady"),
            lambda value: isinstance(value, bool),
        ),
        "smoother": lambda value: isinstance(value, str),
        "smoothing_strength": lambda value: isinstance(value, int | float) and 0 <= value <= 1,
        "author": lambda value: isinstance(value, str) and len(value) <= MAX_NAME_CHARS,
        "recent": lambda value: isinstance(value, list) and all(isinstance(item, str) for item in value),
        "key_preset": lambda value: isinstance(value, str),
        "keys": are_keys,
    }
    valid: dict[str, Any] = {}
    for name in (setting.name for setting in fields(Settings)):
        if name not in raw:
            continue
        if checks[name](raw[name]):
            valid[name] = _frozen(raw[name])
        else:
            _LOG.warning("The setting %s = %r is not understood; the default is used.", name, raw[name])
    return valid


def _frozen(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _frozen(item) for name, item in value.items()}
    return tuple(value) if isinstance(value, list) else value
