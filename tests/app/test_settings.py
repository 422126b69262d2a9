"""Settings survive, and nonsense in the file neither crashes nor spreads."""

from pathlib import Path

import pytest

from app.settings import MAX_RECENT, Settings, load_settings, save_settings


def test_settings_come_back_and_only_changes_are_written(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    settings = Settings(theme="light").with_recent(Path("/a.betascope")).with_recent(Path("/b.betascope"))
    save_settings(settings, path=path)
    assert load_settings(path) == settings
    assert "mesh_opacity" not in path.read_text()


@pytest.mark.parametrize("text", ["", "[]", "{broken", '{"theme": "pink", "recent": [1], "mesh_opacity": 7, "x": 1}'])
def test_nonsense_falls_back_to_the_defaults(tmp_path: Path, text: str) -> None:
    path = tmp_path / "settings.json"
    path.write_text(text)
    assert load_settings(path) == Settings()


def test_the_cache_size_is_in_megabytes_and_nonsense_is_the_default(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    save_settings(Settings(cache_mb=256, auto_proxy=False), path=path)
    assert load_settings(path).cache_bytes == 256 << 20
    assert not load_settings(path).auto_proxy
    for wrong in ("-5", "0", "true", '"many"', "1.5"):
        path.write_text(f'{{"cache_mb": {wrong}}}')
        assert load_settings(path).cache_bytes is None


def test_labels_carry_the_name_from_the_settings_else_the_login_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "bea")
    assert Settings().annotator == "bea"
    assert Settings(author="Ana").annotator == "Ana"


def test_recent_projects_are_newest_first_without_repeats() -> None:
    settings = Settings()
    for name in [*"abcdefghijklmnop", "c"]:
        settings = settings.with_recent(Path(f"/{name}"))
    assert settings.recent[:2] == ("/c", "/p")
    assert len(settings.recent) == MAX_RECENT == len(set(settings.recent))
