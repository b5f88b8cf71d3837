"""Whole applications: what is usable, what is not, and everything that is wrong at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.app.application import Application
from pywasm_rt.errors import ConfigError, ProcessError, ProcessErrorKind

from .conftest import Write

WORKER = Path(__file__).parents[2] / "pywasm_rt" / "examples" / "demo" / "wasm" / "worker.wasm"
HASH = "sha256:4d339174178fe50026bad2d0007ef305dcab4ab86d0a40eeab0cc6d9a39d4a9e"

APP = f"""\
namespace: app
entries:
  - name: bin
    kind: fs.directory
    directory: ./wasm
  - name: compute
    kind: process.wasm
    meta: {{command: {{name: compute, short: Multiply}}}}
    fs: bin
    path: /worker.wasm
    hash: {HASH}
    method: compute
"""


def load(write: Write, text: str, **files: str | bytes) -> Application:
    """Load the application whose src/app.yaml begins with APP (13 lines) and goes on with text."""
    all_files: dict[str, str | bytes] = {
        "src/app.yaml": APP + text,
        "wasm/worker.wasm": WORKER.read_bytes(),
    }
    return Application.load(write({**all_files, **files}))


def shown(application: Application) -> list[str]:
    return [str(fault) for fault in application.faults]


def test_a_right_application(write: Write) -> None:
    application = load(write, "")
    assert application.faults == ()
    assert application.warnings == ()
    assert application.unusable == {}
    assert application.entry("app:compute").kind == "process.wasm"
    assert application.program("app:compute").digest == HASH
    (command,) = application.commands()
    assert (command.name, command.short, command.entry_id, command.usable) == (
        "compute",
        "Multiply",
        "app:compute",
        True,
    )
    assert [entry.id for entry in application.of_kind("fs.directory")] == ["app:bin"]


def test_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"^no such folder: .*gone$"):
        Application.load(tmp_path / "gone")


def test_an_empty_folder_is_an_empty_application(tmp_path: Path) -> None:
    application = Application.load(tmp_path)
    assert (application.entries, application.faults, application.commands()) == ({}, (), ())


def test_entries_that_are_not_there(write: Write) -> None:
    application = load(write, "")
    with pytest.raises(ProcessError) as caught:
        application.entry("app:compote")
    assert caught.value.kind is ProcessErrorKind.NOT_FOUND
    assert str(caught.value) == 'entry not found: app:compote (did you mean "app:compute"?)'
    with pytest.raises(ProcessError, match=r"^app:bin is a fs\.directory, not WebAssembly$"):
        application.program("app:bin")


WASM_ENTRY = f"""\
  - name: other
    kind: process.wasm
    fs: bin
    path: /worker.wasm
    hash: {HASH}
    method: compute
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            WASM_ENTRY.replace(HASH, "sha256:" + "0" * 64),
            (
                f"17: hash: hash verification failed: hash mismatch: expected sha256:{'0' * 64}, "
                f"got {HASH}"
            ),
        ),
        (
            WASM_ENTRY.replace(HASH, "sha512:00"),
            (
                "17: hash: hash verification failed: unsupported hash algorithm: sha512 "
                f"(only sha256 is supported: {HASH})"
            ),
        ),
        (
            WASM_ENTRY.replace("worker", "werker"),
            (
                "16: path: failed to open file: /werker.wasm: no such file "
                '(did you mean "/worker.wasm"?)'
            ),
        ),
        (
            WASM_ENTRY.replace("/worker", "/../src/worker"),
            "16: path: path leaves the filesystem: /../src/worker.wasm",
        ),
        (
            WASM_ENTRY.replace("bin", "bim"),
            '15: fs: filesystem not found: app:bim (did you mean "app:bin"?)',
        ),
        (
            WASM_ENTRY.replace("bin", "compute"),
            "15: fs: app:compute is a process.wasm, not a filesystem",
        ),
        (
            WASM_ENTRY + "    wasi: {mounts: [{fs: data, guest: /data}]}",
            "19: wasi.mounts[0].fs: wasi mount filesystem not found: app:data (known: app:bin)",
        ),
        (
            WASM_ENTRY + "    wasi: {env: [{id: api_url, name: A}]}",
            "19: wasi.env[0].id: wasi env variable not found: app:api_url (there are none)",
        ),
        (
            WASM_ENTRY + "    wasi: {env: [{id: api_url, name: A, required: true}]}",
            "19: wasi.env[0].id: required wasi env variable not found: app:api_url",
        ),
        (
            WASM_ENTRY + "    meta: {command: {name: compute}}",
            (
                '19: meta.command.name: duplicate command name "compute" '
                "(first at src/app.yaml:8 by app:compute)"
            ),
        ),
        (
            "  - {name: v, kind: env.variable, storage: gone}",
            "13: storage: env storage not found: app:gone (there are none)",
        ),
        (
            "  - {name: v, kind: env.variable, storage: bin}",
            "13: storage: app:bin is a fs.directory, not an environment storage",
        ),
        (
            "  - {name: d, kind: fs.directory, directory: ./gone}",
            "13: directory: directory not found: gone (make it, or write auto_init: true)",
        ),
        (
            "  - {name: d, kind: fs.directory, directory: src/app.yaml, auto_init: true}",
            "13: directory: directory cannot be made: src/app.yaml: File exists",
        ),
        (
            "  - {name: h, kind: process.host, lifecycle: {requires: [gone]}}",
            (
                "13: lifecycle.requires[0]: service startup blocked by missing dependencies: "
                "app:h requires app:gone"
            ),
        ),
        (
            "  - {name: h, kind: process.host, lifecycle: {requires: [h]}}",
            "13: lifecycle.requires[0]: app:h needs itself",
        ),
        (
            "  - {name: d, kind: fs.directory, directory: wasm, meta: {command: {name: d}}}",
            "13: meta.command: a fs.directory cannot be a command",
        ),
        (
            "  - {name: l, kind: process.lua, source: x, method: m, imports: {a: gone}}",
            "13: imports.a: entry not found: app:gone",
        ),
    ],
)
def test_one_fault_each_and_the_rest_is_usable(write: Write, text: str, expected: str) -> None:
    application = load(write, text)
    assert len(shown(application)) == 1
    assert shown(application)[0].startswith(f"src/app.yaml:{expected}")
    assert len(application.unusable) == 1
    assert application.program("app:compute").digest == HASH


def test_all_faults_of_all_files_in_order(write: Write) -> None:
    application = load(
        write,
        WASM_ENTRY.replace(HASH, "md5:1").replace("method", "methud"),
        **{
            "src/b.yaml": "namespace: app\nentries: [\n",
            "src/a.yaml": "namespace: app\nname: h\nkind: process.host\nhost: {wokers: 1}\n",
        },
    )
    assert [text.partition(": ")[0] for text in shown(application)] == [
        "src/a.yaml:4",
        "src/app.yaml:13",
        "src/app.yaml:18",
        "src/b.yaml:3",
    ]
    with pytest.raises(ConfigError) as caught:
        Application.load(Path(), strict=True)
    assert caught.value.faults == application.faults


def test_what_needs_something_broken_is_unusable_and_told_why(write: Write) -> None:
    application = load(write, "", **{"src/x.yaml": ""})
    assert application.unusable == {}
    application = load(
        write,
        """\
  - {name: gone, kind: fs.directory, directory: ./gone}
  - name: other
    kind: process.wasm
    fs: gone
    path: /x.wasm
    hash: sha256:1
    method: m
    meta: {command: {name: other}}
""",
    )
    assert len(application.faults) == 1
    reason = "app:other cannot be used: it needs app:gone: directory not found: gone"
    with pytest.raises(ProcessError) as caught:
        application.entry("app:other")
    assert str(caught.value) == reason
    assert [(c.name, c.usable) for c in application.commands()] == [
        ("compute", True),
        ("other", False),
    ]


def test_circles(write: Write) -> None:
    application = load(
        write,
        """\
  - {name: a, kind: process.host, lifecycle: {requires: [b]}}
  - {name: b, kind: process.host, lifecycle: {requires: [c]}}
  - {name: c, kind: process.host, meta: {depends_on: [a]}}
""",
    )
    message = "dependency cycle: app:a -> app:b -> app:c -> app:a"
    assert shown(application) == [
        f"src/app.yaml:13: lifecycle.requires[0]: {message}",
        f"src/app.yaml:14: lifecycle.requires[0]: {message}",
        f"src/app.yaml:15: meta.depends_on[0]: {message}",
    ]


def test_auto_init_makes_the_folder(write: Write) -> None:
    text = "  - {name: d, kind: fs.directory, directory: new/deep, auto_init: true}\n"
    application = load(write, text)
    assert application.faults == ()
    assert Path("new/deep").is_dir()
    assert application.resources.folders["app:d"].path == Path("new/deep")


def test_base_module_counts_from_the_sources(write: Write) -> None:
    text = "  - {name: d, kind: fs.directory, directory: lib, base: module}\n"
    application = load(write, text, **{"src/lib/x": ""})
    assert application.resources.folders["app:d"].path == Path("src/lib")


def test_a_filesystem_that_must_not_be_read(write: Write) -> None:
    text = "  - {name: d, kind: fs.directory, directory: wasm, mode: '0200'}\n"
    application = load(write, text + WASM_ENTRY.replace("bin", "d"))
    assert shown(application) == [
        "src/app.yaml:16: fs: app:d does not let anybody read (see its mode)"
    ]


STORAGES = """\
  - {name: memory, kind: env.storage.memory}
  - {name: system, kind: env.storage.os}
  - {name: fixed, kind: env.storage.static, values: {A: one, EMPTY: ""}}
"""


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ("storage: fixed, variable: A", "one"),
        ("storage: fixed, variable: A, default: two", "one"),
        ("storage: fixed, variable: B, default: two", "two"),
        ("storage: fixed, variable: EMPTY, default: two", "two"),
        ("storage: fixed, variable: EMPTY", None),
        ("storage: memory, variable: A, default: two", "two"),
        ("storage: memory, variable: A", None),
        ("storage: system, variable: PYWASM_RT_TEST", "here"),
        ("storage: system, variable: PYWASM_RT_GONE", None),
    ],
)
def test_variables(
    write: Write, monkeypatch: pytest.MonkeyPatch, fields: str, value: str | None
) -> None:
    monkeypatch.setenv("PYWASM_RT_TEST", "here")
    text = STORAGES + f"  - {{name: v, kind: env.variable, {fields}}}\n" + WASM_ENTRY
    text += "    wasi: {env: [{id: v, name: GUEST, required: true}]}\n"
    application = load(write, text)
    variable = application.resources.variable("app:v")
    assert variable is not None
    assert variable.value() == value
    expected = (
        []
        if value
        else [
            (
                "src/app.yaml:23: wasi.env[0]: required wasi env variable not found: app:v "
                f"(set {variable.name}, or give the variable a default)"
            )
        ]
    )
    assert shown(application) == expected


def test_a_variable_by_its_public_name(write: Write) -> None:
    text = (
        STORAGES + "  - {name: v, kind: env.variable, storage: fixed, variable: A}\n" + WASM_ENTRY
    )
    application = load(write, text + "    wasi: {env: [{id: A, name: GUEST}]}\n")
    assert application.faults == ()
    variable = application.resources.variable("app:A")
    assert variable is not None
    assert variable.value() == "one"


def test_a_variable_is_called_as_its_entry_if_nothing_else_is_said(write: Write) -> None:
    application = load(
        write, STORAGES + "  - {name: my-name, kind: env.variable, storage: fixed}\n"
    )
    variable = application.resources.variable("app:my-name")
    assert variable is not None
    assert variable.name == "my_name"
