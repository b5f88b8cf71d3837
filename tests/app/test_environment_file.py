"""``env.storage.file`` and ``env.storage.router``."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.app.application import Application
from pywasm_rt.app.environment_file import (
    EnvironmentFile,
    EnvironmentFileError,
    parse_environment,
)
from pywasm_rt.errors import ConfigError

from .conftest import Write


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("  export A = b c ", "b c"),
        ("A=b # c", "b"),
        ("A=b#c", "b#c"),
        ("A=", ""),
        ("A= # nothing", ""),
        ("A='b # \"c\"' # d", 'b # "c"'),
        ('A="b\\n\\t\\\\\\"\\x #"', 'b\n\t\\"x #'),
        ("A=b'c", "b'c"),
        ("A=1\n# A=2\n\nA=3\r", "3"),
    ],
)
def test_lines(line: str, value: str) -> None:
    assert parse_environment(line) == {"A": value}


@pytest.mark.parametrize("line", ["A", "=b", "1A=b", "A='b", 'A="b\\"', "A B=c", "A='b' c", "A=\0"])
def test_what_is_no_line(line: str) -> None:
    with pytest.raises(EnvironmentFileError, match="line 2 is not NAME=value"):
        parse_environment(f"X=y\n{line}")


@given(st.text(st.characters(exclude_characters="\n\0", exclude_categories=["Cs"])))
def test_quoted_values_come_back(value: str) -> None:
    quoted = value.replace("\\", "\\\\").replace('"', '\\"')
    assert parse_environment(f'A="{quoted}"') == {"A": value}


def test_a_file_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = tmp_path / "values"
    path.write_text("A=1")
    file = EnvironmentFile(path)
    file.read()
    assert (file("A"), file("B")) == ("1", None)
    path.write_text("A=22\nB=3")
    assert (file("A"), file("B")) == ("22", "3")
    path.write_text("what is this?")
    assert file("A") == "22"
    path.unlink()
    assert file("A") == "22"


ENTRIES = """\
namespace: app
entries:
  - {name: own, kind: env.storage.file, file_path: config/own.env, auto_create: true}
  - {name: given, kind: env.storage.file, file_path: given.env}
  - {name: fixed, kind: env.storage.static, values: {A: fixed, B: fixed, C: fixed}}
  - {name: all, kind: env.storage.router, storages: [own, given, fixed]}
  - {name: a, kind: env.variable, variable: A, storage: all}
  - {name: b, kind: env.variable, variable: B, storage: all}
  - {name: c, kind: env.variable, variable: C, storage: all, default: usual}
  - {name: d, kind: env.variable, variable: D, storage: all, default: usual}
"""


def values(application: Application) -> list[str | None]:
    return [application.resources.variables[f"app:{name}"].value() for name in "abcd"]


def test_the_first_storage_that_has_a_value_counts(write: Write, tmp_path: Path) -> None:
    folder = write({"src/app.yaml": ENTRIES, "given.env": "A=given\nB=\n"})
    application = Application.load(folder, strict=True)
    assert values(application) == ["given", "fixed", "fixed", "usual"]
    own = tmp_path / "config" / "own.env"
    assert own.read_bytes() == b""
    assert own.stat().st_mode & 0o777 == 0o644 & ~_umask()
    own.write_text("A=own\nD=own\n")
    assert values(application) == ["own", "fixed", "fixed", "own"]
    assert {path.name for path in application.files} >= {"own.env", "given.env"}


def _umask() -> int:
    given = os.umask(0)
    os.umask(given)
    return given


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("env.storage.file, file_path: ' '", "file path must not be empty"),
        ("env.storage.file, file_path: gone.env", "file_path: file not found: gone.env"),
        ("env.storage.file, file_path: bad.env", "file_path: bad.env: line 2 is not NAME=value"),
        ("env.storage.file, file_path: not.env", "file_path: not.env: byte 2 is not UTF-8"),
        ("env.storage.file, file_path: src", "file_path: file cannot be read: src"),
        ("env.storage.file, file_path: a, file_mode: 9", 'file_mode: invalid mode: "9"'),
        ("env.storage.router, storages: []", "router storage must have at least one storage"),
        ("env.storage.router, storages: [gone]", "env storage not found: app:gone"),
        ("env.storage.router, storages: [x]", "storages[0]: app:x needs itself"),
        (
            "env.storage.router, storages: [h]",
            "app:h is a process.host, not an environment",
        ),
    ],
)
def test_what_is_wrong_is_told(write: Write, entry: str, sentence: str) -> None:
    text = "namespace: app\nentries:\n  - {name: h, kind: process.host}\n"
    files = {"src/app.yaml": f"{text}  - {{name: x, kind: {entry}}}\n"}
    folder = write({**files, "bad.env": "A=1\n?", "not.env": b"A=\xff"})
    with pytest.raises(ConfigError) as caught:
        Application.load(folder, strict=True)
    assert sentence in str(caught.value)
    assert str(caught.value).startswith("src/app.yaml:4: ")
