from pathlib import Path

import pytest

from wheelproof.core.places import cache_root


def test_root(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("WHEELPROOF_CACHE", str(tmp_path))
    assert cache_root() == tmp_path
    monkeypatch.setenv("WHEELPROOF_CACHE", "")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_root().name == "wheelproof"
