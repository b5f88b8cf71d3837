"""Applications written by tests."""

from __future__ import annotations

import hashlib
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]


def digest(data: bytes) -> str:
    """The hash of a binary as an entry has it."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Write files by their paths; the test runs in the application's folder, called ``.``."""
    monkeypatch.chdir(tmp_path)

    def write(files: dict[str, str | bytes]) -> Path:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, bytes):
                path.write_bytes(content)
            else:
                path.write_text(textwrap.dedent(content))
        return Path()

    return write
