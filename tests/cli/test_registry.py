"""``registry``, ``check`` and ``schema``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pywasm_rt.cli.main import cli

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host, meta: {type: api}}
  - {name: add, kind: function.wat, method: add, source: file://add.wat}
  - {name: broken, kind: function.wat, method: sub, source: file://add.wat, pool: POOL}
"""
ADD = """\
(module (func (export "add") (param i32 i32) (result i32)
  (i32.add (local.get 0) (local.get 1))))
"""


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, list(arguments))


@pytest.fixture(autouse=True)
def _application(folder: Path, write: Write) -> None:
    write({"app.yaml": APP.replace("POOL", "{worker_class: wasm}"), "add.wat": ADD})


def test_entries_are_listed() -> None:
    assert invoke("registry", "list").stdout == (
        "app:add        function.wat\n"
        "app:broken     function.wat  has faults\n"
        "app:processes  process.host\n"
    )
    assert invoke("registry", "list", "-k", "process.*").stdout == "app:processes  process.host\n"
    listed = json.loads(invoke("registry", "list", "--meta", "type=api", "--json").stdout)
    assert [it["id"] for it in listed] == ["app:processes"]
    assert "not a condition" in invoke("registry", "list", "--meta", "x").stderr


def test_an_entry_is_shown() -> None:
    shown = json.loads(invoke("registry", "show", "app:add", "--json").stdout)
    assert (shown["file"], shown["line"]) == ("app.yaml", 4)
    assert shown["signature"] == "add: func(p0: s32, p1: s32) -> s32"
    assert shown["usable"] is True
    text = invoke("registry", "show", "app:broken").stdout
    assert 'reason: function "sub" not found in module' in text
    assert "app.yaml:5: method" in text
    result = invoke("registry", "show", "app:ad")
    assert (result.exit_code, 'did you mean "app:add"?' in result.stderr) == (2, True)


def test_everything_wrong_is_told_and_the_status_says_so(write: Write) -> None:
    result = invoke("check")
    assert result.exit_code == 1
    assert 'app.yaml:5: method: function "sub" not found in module' in result.stderr
    assert (
        "warning: app.yaml:5: pool.worker_class: pool.worker_class has no effect" in result.stderr
    )
    found = json.loads(invoke("check", "--json").stdout)
    assert [(it["severity"], it["line"], it["field"], it["entry"]) for it in found] == [
        ("fault", 5, "method", "app:broken"),
        ("warning", 5, "pool.worker_class", "app:broken"),
    ]
    result = invoke("check", "-o", "app:broken:method=add")
    assert (result.exit_code, result.stdout) == (0, "3 entries, no faults\n")
    assert invoke("check", "--warnings", "-o", "app:broken:method=add").exit_code == 1


def test_the_schema_is_json() -> None:
    schema = json.loads(invoke("schema").stdout)
    assert "process.wasm" in schema["$defs"]["entry"]["properties"]["kind"]["enum"]
