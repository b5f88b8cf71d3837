"""``process.lua`` entries: what is wrong with them, and running them beside others."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import Surroundings
from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.engine import get_engine
from pywasm_rt.lua.entries import LUA_CHECKS, lua_definitions
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.wasi.capabilities.stdio import CollectingSink


def load(folder: Path, text: str, **files: str) -> Application:
    """An application with one YAML file."""
    (folder / "app.yaml").write_text(f"namespace: app\nentries:\n{text}")
    for name, content in files.items():
        (folder / f"{name}.lua").write_text(content)
    return Application.load(folder, checks=LUA_CHECKS)


def run(application: Application, entry_id: str, *arguments: object) -> tuple[object, str]:
    """Run an entry in virtual time: its value or error, and what it printed."""
    output = CollectingSink()
    simulation = Simulation()
    surroundings = Surroundings(get_engine("reference"), StandardStreams(stdout=output))
    for id, definition in lua_definitions(application, surroundings).items():
        simulation.register(id, definition)
    result = simulation.run(entry_id, *arguments)
    return result.error or result.value, output.text


def test_a_method_of_the_table_that_the_chunk_returns(tmp_path: Path) -> None:
    text = """\
  - name: x
    kind: process.lua
    method: main
    source: |
      return { main = function(a, b) print(a, b) return a + b end }
"""
    application = load(tmp_path, text)
    assert application.faults == ()
    assert run(application, "app:x", 40, 2) == (42, "40\t2\n")


def test_without_a_method_the_chunk_is_what_runs(tmp_path: Path) -> None:
    text = "  - {name: x, kind: process.lua, source: file://x.lua}\n"
    application = load(tmp_path, text, x="local a = ...\nreturn a .. '!'\n")
    assert run(application, "app:x", "hi") == ("hi!", "")


def test_other_entries_as_libraries(tmp_path: Path) -> None:
    text = """\
  - {name: lib, kind: process.lua, source: "return { twice = function(n) return 2 * n end }"}
  - {name: x, kind: process.lua, imports: {doubling: lib}, source: file://x.lua}
"""
    application = load(tmp_path, text, x='return require("doubling").twice(21)')
    assert application.faults == ()
    assert run(application, "app:x") == (42, "")


@pytest.mark.parametrize(
    ("fields", "place", "message"),
    [
        (
            "    source: return 1\n    modules: [process, tme]\n",
            "app.yaml:6: modules[1]",
            'unknown module "tme" (did you mean "time"?)',
        ),
        (
            "    source: |\n      local a = 1\n      return 5 5\n",
            "app.yaml:7",
            "failed to compile lua source: ",
        ),
        (
            "    source: return )\n",
            "app.yaml:5",
            "failed to compile lua source: ",
        ),
        (
            "    source: file://x.lua\n",
            "x.lua:2",
            "failed to compile lua source: ",
        ),
    ],
)
def test_faults_at_load(tmp_path: Path, fields: str, place: str, message: str) -> None:
    text = f"  - name: x\n    kind: process.lua\n{fields}"
    application = load(tmp_path, text, x="-- first\nreturn )\n")
    (fault,) = application.faults
    assert str(fault).startswith(f"{tmp_path}/{place}: {message}")
    assert application.unusable["app:x"].startswith(message.partition(" (")[0].rstrip())


def test_an_error_says_where_in_the_yaml_file(tmp_path: Path) -> None:
    text = """\
  - name: x
    kind: process.lua
    source: |
      local function fail()
        error("no")
      end
      fail()
"""
    error, _ = run(load(tmp_path, text), "app:x")
    # Lua shortens long names of files at their beginning.
    assert str(error).endswith("app.yaml:7: no")


@pytest.mark.parametrize(
    ("limits", "code", "message"),
    [
        ("{fuel: 20000}", "while true do end", "step limit of 20000 exceeded"),
        ("{memory_bytes: 1048576}", "return ('x'):rep(2000000)", "memory limit of 1048576 bytes"),
        ("{output_bytes: 100}", "while true do print('again') end", "output limit of 100 bytes"),
        ("{max_execution_ms: 50}", "time.sleep('1h')", "execution time limit of 50 ms exceeded"),
    ],
)
@pytest.mark.parametrize("place", ["limits: {}", "options: {{limits: {}}}"])
def test_limits(tmp_path: Path, place: str, limits: str, code: str, message: str) -> None:
    head = "  - {name: x, kind: process.lua, source: file://x.lua, "
    application = load(tmp_path, head + place.format(limits) + "}\n", x=code)
    assert application.faults == ()
    error, _ = run(application, "app:x")
    assert message in str(error)


def test_limits_given_twice(tmp_path: Path) -> None:
    text = (
        "  - {name: x, kind: process.lua, source: 'return 1', limits: {fuel: 5}, "
        "options: {limits: {fuel: 6}}}\n"
    )
    (fault,) = load(tmp_path, text).faults
    assert "limits are given twice" in fault.message
