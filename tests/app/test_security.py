"""``security.policy`` and the ``security`` of entries: what processes are allowed to do."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from pywasm_rt.app.app import App
from pywasm_rt.app.application import Application
from pywasm_rt.errors import ConfigError, ProcessError, ProcessErrorKind
from pywasm_rt.process.simulation import VirtualClock

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: processes, kind: process.host}
  - name: calls
    kind: security.policy
    policy: {actions: [funcs.call, process.*], resources: "*", effect: allow}
    groups: [workers]
  - name: not_two
    kind: security.policy
    policy: {actions: funcs.call, resources: "app:two", effect: deny}
    groups: [workers]
  - {name: one, kind: function.wat, source: FUNCTION, method: run}
  - {name: two, kind: function.wat, source: FUNCTION, method: run}
  - name: bound
    kind: process.lua
    source: file://calls.lua
    security: {actor: {id: guest}, groups: [workers]}
  - {name: free, kind: process.lua, source: file://calls.lua}
  - name: gives
    kind: process.lua
    source: |
      local process, funcs = require("process"), require("funcs")
      local builder = process.with_context({}):with_actor({ id = "anna" })
      local bound = builder:with_scope({ "workers" }):exec("app:free", "app:processes")
      local one = builder:with_scope("app:calls"):exec("app:free", "app:processes")
      local free = builder:exec("app:free", "app:processes")
      local _, call = funcs.new():with_scope({}):call("app:one")
      local _, gone = builder:with_scope("gone"):exec("app:free", "app:processes")
      local _, wrong = builder:with_scope(5):exec("app:free", "app:processes")
      local _, actor = process.with_context({}):with_actor({}):exec("app:free", "app:processes")
      return { bound, one, free, call == nil, gone:message(), wrong:message(), actor:message() }
  - name: service
    kind: process.service
    process: named
    host: processes
    lifecycle: {auto_start: true, security: {policies: [not_two]}}
  - name: named
    kind: process.lua
    source: |
      local _, refused = require("funcs").call("app:one")
      if refused then
        error(refused:message())
      end
  - {name: files, kind: fs.directory, directory: files}
  - name: mounting
    kind: function.wat
    method: run
    source: |
      (module (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
        (memory (export "memory") 1) (func (export "run") (result i32) (i32.const 1)))
    wasi: {mounts: [{fs: files, guest: /files}]}
""".replace("FUNCTION", '(module (func (export "run") (result i32) (i32.const 1)))')
CALLS = """
local funcs = require("funcs")
local found = {}
for _, name in ipairs({ "app:one", "app:two" }) do
  local value, problem = funcs.call(name)
  found[#found + 1] = value or problem:kind() .. ": " .. problem:message()
end
return found
"""


@pytest.fixture
def folder(write: Write, tmp_path: Path) -> Path:
    (tmp_path / "files").mkdir()
    return write({"src/app.yaml": APP, "src/calls.lua": CALLS})


def run(folder: Path, act: Callable[[App], Awaitable[None]]) -> None:
    async def main() -> None:
        async with App.load(folder, strict=True, clock=VirtualClock()) as app:
            await act(app)

    asyncio.run(asyncio.wait_for(main(), 60))


def refused(who: str) -> list[object]:
    return [1, f"PermissionDenied: {who}not allowed: funcs.call app:two"]


def test_an_entry_goes_by_its_policies(folder: Path) -> None:
    async def act(app: App) -> None:
        assert await app.execute("app:bound") == refused("guest is ")
        assert await app.execute("app:free") == [1, 1]

    run(folder, act)


def test_scopes_and_actors_that_a_script_names(folder: Path) -> None:
    async def act(app: App) -> None:
        assert await app.execute("app:gives") == [
            refused("anna is "),
            [1, 1],
            [1, 1],
            True,
            "policy not found: gone",
            "a scope is the ID of a policy, the name of a group, or a list of such",
            "an actor is a text, or a table with a text as id",
        ]

    run(folder, act)


def test_scopes_that_python_names(folder: Path) -> None:
    async def act(app: App) -> None:
        bound = app.with_scope("workers").with_actor("me")
        assert await bound.execute("app:free") == refused("me is ")
        assert await app.with_scope("workers").call("app:one") == 1
        with pytest.raises(ProcessError, match="policy not found: gone"):
            await app.with_scope("gone").spawn("app:free")

    run(folder, act)


def test_a_service_goes_by_its_lifecycle(folder: Path) -> None:
    async def act(app: App) -> None:
        await app.sleep(1)
        (service,) = app.services.services()
        assert service.result is not None
        assert "not allowed: funcs.call app:one" in str(service.result.error)

    run(folder, act)


def test_a_mount_has_to_be_permitted(folder: Path) -> None:
    async def act(app: App) -> None:
        assert await app.call("app:mounting") == 1
        with pytest.raises(ProcessError, match="not allowed to access filesystem: app:files") as it:
            await app.with_scope("app:calls").call("app:mounting")
        assert it.value.kind is ProcessErrorKind.PERMISSION_DENIED
        assert await app.call("app:mounting") == 1

    run(folder, act)


@pytest.mark.parametrize(
    ("entry", "sentence"),
    [
        ("security: {policies: [gone]}", "security.policies[0]: policy not found: app:gone"),
        ("security: {groups: [gone]}", "security.groups[0]: group not found: gone"),
        ("security: {policy: calls}", 'security.policy: unknown field "policy"'),
        ("options: {security: {groups: [gone]}}", "options.security.groups[0]: group not found"),
        ("security: {}, options: {security: {}}", "security is given twice"),
        (
            "meta: {command: {name: x, security: {groups: [gone]}}}",
            "meta.command.security.groups[0]: group not found: gone",
        ),
    ],
)
def test_what_is_not_there_is_a_fault(write: Write, entry: str, sentence: str) -> None:
    text = "namespace: app\nentries:\n"
    text += f"  - {{name: x, kind: process.lua, source: return 1, {entry}}}\n"
    folder = write({"src/app.yaml": text})
    with pytest.raises(ConfigError) as caught:
        Application.load(folder, strict=True)
    assert sentence in str(caught.value)


def test_security_where_it_has_no_effect_is_a_warning(write: Write) -> None:
    text = "namespace: app\nentries:\n"
    text += "  - {name: x, kind: process.host, lifecycle: {security: {actor: {id: a}}}}\n"
    application = Application.load(write({"src/app.yaml": text}), strict=True)
    (warning,) = application.warnings
    assert "lifecycle.security has an effect in a process.service only" in str(warning)


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        ("", "policy is required"),
        ("policy: {actions: a, resources: b}", "policy.effect is required"),
        ("policy: {actions: [], resources: b, effect: allow}", "policy.actions"),
        ("policy: {actions: a, resources: b, effect: maybe}", "policy.effect"),
        ("policy: {actions: a, resources: b, effect: deny, conditions: []}", "conditions"),
    ],
)
def test_policies_are_checked(write: Write, policy: str, sentence: str) -> None:
    text = f"namespace: app\nentries:\n  - {{name: x, kind: security.policy, {policy}}}\n"
    folder = write({"src/app.yaml": text})
    with pytest.raises(ConfigError) as caught:
        Application.load(folder, strict=True)
    assert sentence in str(caught.value)
