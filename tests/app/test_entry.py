"""The fields of each kind: what is right, and how what is wrong is told."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.app.entry import Checked, check_entry
from pywasm_rt.app.kinds import (
    KINDS,
    DirectoryFilesystem,
    EnvironmentVariable,
    LuaProcessConfiguration,
    ProcessHost,
    StaticStorage,
    WasmProcessConfiguration,
)
from pywasm_rt.app.source_files import RawEntry, SourceFile, read_sources
from pywasm_rt.app.yaml_source import Node

WASM = """\
fs: binaries
path: /worker.wasm
hash: sha256:12
method: compute
"""


def check(tmp_path: Path, kind: str, fields: str) -> Checked:
    """Check one entry, whose ``fields`` begin on line 4 of x.yaml."""
    (tmp_path / "x.yaml").write_text(
        f"namespace: myns\nname: x\nkind: {kind}\n{textwrap.dedent(fields)}"
    )
    sources = read_sources(tmp_path)
    assert sources.faults == ()
    return check_entry(sources.entries[0])


def faults(tmp_path: Path, kind: str, fields: str) -> list[str]:
    checked = check(tmp_path, kind, fields)
    assert checked.entry is None
    return [str(fault).removeprefix(f"{tmp_path}/") for fault in checked.faults]


def test_every_field_of_a_wasm_process(tmp_path: Path) -> None:
    checked = check(
        tmp_path,
        "process.wasm",
        WASM
        + """\
imports: [wasi:io, " WASI:CLI@0.2.0 "]
wit: "compute: func(a: u32, b: u32) -> u32;"
transport: payload
wasi:
  args: ["--input", "/data/input.csv"]
  cwd: "/app"
  env:
    - {id: output_format, name: " OUTPUT_FORMAT "}
    - {id: other:api_url, name: API_URL, required: true}
  mounts:
    - {fs: input_data, guest: /data/, read_only: true}
    - {fs: other:output, guest: /x/../output}
limits: {max_execution_ms: 500, fuel: 1000000, memory_bytes: 65536, call_depth: 100}
lifecycle: {auto_start: true, restart: {initial_delay: 1m30s, max_attempts: 3}}
meta:
  command: {name: compute, short: Multiply}
  anything: [else]
""",
    )
    assert checked.faults == ()
    assert checked.warnings == ()
    assert checked.entry is not None
    config = checked.entry.config
    assert isinstance(config, WasmProcessConfiguration)
    assert config.fs == "myns:binaries"
    assert config.imports == ["wasi:io", " WASI:CLI@0.2.0 "]
    assert [(v.id, v.name, v.required) for v in config.wasi.env] == [
        ("myns:output_format", "OUTPUT_FORMAT", False),
        ("other:api_url", "API_URL", True),
    ]
    assert [(m.fs, m.guest, m.read_only) for m in config.wasi.mounts] == [
        ("myns:input_data", "/data", True),
        ("other:output", "/output", False),
    ]
    assert checked.entry.limits.fuel == 1_000_000
    assert checked.entry.command is not None
    assert checked.entry.command.short == "Multiply"
    assert dict(checked.entry.references()) == {
        ("fs",): "myns:binaries",
        ("wasi", "env", 0, "id"): "myns:output_format",
        ("wasi", "env", 1, "id"): "other:api_url",
        ("wasi", "mounts", 0, "fs"): "myns:input_data",
        ("wasi", "mounts", 1, "fs"): "other:output",
    }


def test_all_that_is_missing_at_once(tmp_path: Path) -> None:
    assert faults(tmp_path, "process.wasm", "") == [
        "x.yaml:1: fs: fs is required",
        "x.yaml:1: path: path is required",
        "x.yaml:1: hash: hash is required",
        "x.yaml:1: method: method is required",
    ]


@pytest.mark.parametrize("nothing", ["", '""', '" "', "~"])
def test_an_empty_field_is_a_missing_one(tmp_path: Path, nothing: str) -> None:
    text = WASM.replace("sha256:12", nothing)
    assert [text.partition(": ")[2] for text in faults(tmp_path, "process.wasm", text)] == [
        "hash: hash is required"
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("fule: 5", '8: fule: unknown field "fule" (known: fs, path, hash,'),
        ("limit: {}", '8: limit: unknown field "limit" (did you mean "limits"?)'),
        (
            "limits: {fule: 5}",
            '8: limits.fule: unknown field "fule" in limits (did you mean "fuel"?)',
        ),
        (
            "limits:\n  fuel: many",
            '9: limits.fuel: limits.fuel must be an integer, not the text "many"',
        ),
        ("limits: 5", "8: limits: limits must be a mapping, not the number 5"),
        ("limits: {fuel: 1.5}", "8: limits.fuel: limits.fuel must be an integer, not the number"),
        ("limits: {fuel: true}", "8: limits.fuel: limits.fuel must be an integer, not true"),
        (
            "limits: {max_execution_ms: -1}",
            "8: limits.max_execution_ms: limits.max_execution_ms cannot be negative",
        ),
        ("limits: {fuel: 99999999999999999999}", "8: limits.fuel: limits.fuel is too large"),
        (
            "limits: {memory_bytes: 0}",
            "8: limits.memory_bytes: limits.memory_bytes must be positive",
        ),
        (
            "limits: {memory_bytes: 4294967297}",
            "8: limits.memory_bytes: limits.memory_bytes cannot exceed 4GiB",
        ),
        (
            "limits: {memory_bytes: 65537}",
            (
                "8: limits.memory_bytes: limits.memory_bytes must be a multiple of 64KiB "
                "(the next one is 131072)"
            ),
        ),
        (
            "limits: {fuel: 1}\noptions: {limits: {fuel: 1}}",
            "9: options.limits: limits are given twice: in limits and in options.limits (keep one)",
        ),
        (
            "limits: {fuel: 1}\nmeta: {options: {limits: {fuel: 1}}}",
            "8: limits: limits are given twice: here and in meta.options.limits (keep one)",
        ),
        (
            "meta: {options: {limits: {x: 1}}}",
            '8: meta.options.limits.x: unknown field "x" in meta.options.limits (known: ',
        ),
        ("meta: {options: 5}", "8: meta.options: meta.options must be an object"),
        (
            "meta: {options: {mailbox: {capacity: 0}}}",
            (
                "8: meta.options.mailbox.capacity: "
                "meta.options.mailbox.capacity must be greater than 0"
            ),
        ),
        ("imports: [wasi:io, ' ']", "8: imports[1]: import :name cannot be empty"),
        ("imports: [5]", "8: imports[0]: imports[] must be text, not the number 5 (write it in"),
        ("imports: {a: b}", "8: imports: imports must be a list, not a mapping"),
        ("transport: smoke", '8: transport: invalid transport type (use "payload")'),
        ("transport: wasi-http", '8: transport: transport "wasi-http" is not supported for a pr'),
        ("pool: {type: puddle}", "8: pool.type: invalid pool type (inline, lazy, static or"),
        ("pool: {size: -1}", "8: pool.size: pool values cannot be negative"),
        ("pool: {workers: 2}", "8: pool.size: pool.size must be greater than 0 for non-flex pools"),
        ("wasi: {cwd: app}", '8: wasi.cwd: wasi.cwd must be absolute (write "/app")'),
        ("wasi: {args: [5]}", "8: wasi.args[0]: wasi.args[] must be text, not the number 5"),
        ("wasi: {env: [{name: A}]}", "8: wasi.env[0].id: wasi.env[].id is required"),
        ("wasi: {env: [{id: a}]}", "8: wasi.env[0].name: wasi.env[].name is required"),
        ("wasi: {env: [{id: ':', name: A}]}", "8: wasi.env[0].id: wasi.env[].id is required"),
        ("wasi: {env: [{id: a, name: A=B}]}", "8: wasi.env[0].name: wasi.env[].name must not con"),
        (
            "wasi:\n  env:\n    - {id: a, name: A}\n    - {id: b, name: A}",
            '11: wasi.env[1].name: wasi.env[].name must be unique ("A" is there already)',
        ),
        ("wasi: {mounts: [{guest: /a}]}", "8: wasi.mounts[0].fs: wasi.mounts[].fs is required"),
        ("wasi: {mounts: [{fs: a}]}", "8: wasi.mounts[0].guest: wasi.mounts[].guest is required"),
        (
            "wasi: {mounts: [{fs: a, guest: data}]}",
            '8: wasi.mounts[0].guest: wasi.mounts[].guest must be absolute (write "/data")',
        ),
        (
            "wasi:\n  mounts:\n    - {fs: a, guest: /a}\n    - {fs: b, guest: /x/../a/}",
            "11: wasi.mounts[1].guest: wasi.mounts[].guest must be unique (",
        ),
        (
            "wasi: {network: {allow: [a.example, 'a:0']}}",
            "8: wasi.network.allow[1]: 'a:0': the port is not a number from 1 to 65535 (write HOST",
        ),
        ("wasi: {network: {allow: [80]}}", "8: wasi.network.allow[0]: wasi.network.allow[] must"),
        ("wasi: {network: {alow: []}}", '8: wasi.network.alow: unknown field "alow" in wasi.netw'),
        ('wit: "a\\0b"\nmethod2: x', "9: method2: "),
        ("meta: {command: {short: x}}", "8: meta.command.name: meta.command.name is required"),
        ("meta: {command: greet}", "8: meta.command: meta.command must be a mapping, not the text"),
        (
            "meta: {command: {name: list}}",
            '8: meta.command.name: the command name "list" is taken by "run list"',
        ),
        ("meta: {command: {name: a b}}", '8: meta.command.name: not a command name: "a b" (one'),
        (
            "lifecycle: {startup: maybe}",
            "8: lifecycle.startup: lifecycle.startup must be 'required' or 'optional', not the te",
        ),
    ],
)
def test_one_fault_each(tmp_path: Path, fields: str, expected: str) -> None:
    found = faults(tmp_path, "process.wasm", WASM + fields + "\n")
    assert len(found) == 1
    assert found[0].startswith(f"x.yaml:{expected}")


def test_numbers_where_text_belongs(tmp_path: Path) -> None:
    text = WASM.replace("/worker.wasm", "5").replace("compute", "[a]")
    assert faults(tmp_path, "process.wasm", text) == [
        'x.yaml:5: path: path must be text, not the number 5 (write it in quotes: "5")',
        "x.yaml:7: method: method must be text, not a list",
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("pool: {size: 4}", ["8: pool: pool has no effect on a process"]),
        ("options: {limits: {fuel: 5}}", []),
        (
            "meta: {options: {limits: {fuel: 5}, worker_class: wasm}}",
            [
                "8: meta.options: meta.options is deprecated (write limits at the entry's top",
                "8: meta.options.worker_class: meta.options.worker_class has no effect here",
            ],
        ),
        (
            "limits: {asyncify_stack_bytes: 5}",
            ["8: limits.asyncify_stack_bytes: limits.asyncify_stack_bytes has no effect here"],
        ),
        ("limits: {max_open_sockets: 5, socket_timeout_ms: 1000}", []),
        ("options: {mailbox: {capacity: 5}}", []),
    ],
)
def test_other_spellings_are_accepted(tmp_path: Path, fields: str, expected: list[str]) -> None:
    checked = check(tmp_path, "process.wasm", WASM + fields + "\n")
    assert checked.entry is not None
    assert checked.entry.limits.fuel == (5 if "fuel" in fields else 0)
    shown = [str(warning).removeprefix(f"{tmp_path}/x.yaml:") for warning in checked.warnings]
    assert len(shown) == len(expected)
    for text, start in zip(shown, expected, strict=True):
        assert text.startswith(start)


@pytest.mark.parametrize(
    ("kind", "fields", "expected"),
    [
        ("fs.directory", "", "1: directory: directory is required"),
        ("fs.directory", "directory: ''", "4: directory: directory is required"),
        ("fs.directory", "directory: a\nmode: '888'", '5: mode: invalid mode: "888" (octal dig'),
        ("fs.directory", "directory: a\nmode: [1]", "5: mode: mode must be text, not a list"),
        ("fs.directory", "directory: a\nbase: home", "5: base: base must be 'project' or 'module'"),
        ("process.host", "host: {workers: -1}", "4: host.workers: workers must be greater than 0"),
        ("process.host", "host: {queue_size: -1}", "4: host.queue_size: queue_size must be grea"),
        ("process.host", "host: {threads: 1}", "4: host.threads: unknown field"),
        ("process.host", "host: []", "4: host: host must be a mapping, not a list"),
        (
            "process.host",
            "lifecycle: {stop_timeout: soon}",
            '4: lifecycle.stop_timeout: not a duration: "soon" (for example "500ms" or "1m30s")',
        ),
        (
            "process.host",
            "lifecycle: {requires: [a b]}",
            '4: lifecycle.requires[0]: not an entry ID: "a b" (write namespace:name)',
        ),
        ("terminal.host", "hide_logs: 1", "4: hide_logs: hide_logs must be true or false, not th"),
        ("env.storage.memory", "values: {}", '4: values: unknown field "values" (there are none)'),
        (
            "env.storage.static",
            "values: {A: 5}",
            '4: values.A: values.A must be text, not the number 5 (write it in quotes: "5")',
        ),
        ("env.variable", "variable: A", "1: storage: storage is required"),
        ("env.variable", "storage: a\nvariable: A-B", '5: variable: invalid variable name "A-B"'),
        ("process.lua", "method: main", "1: source: source is required"),
        ("process.lua", "source: x\nmethod: [x]", "5: method: method must be text, not a list"),
        ("process.wsm", "", '3: kind: unknown kind "process.wsm" (did you mean "process.wasm"?)'),
        (
            "fs.embed",
            "",
            '3: kind: kind "fs.embed" is not supported (its files are in a pack, which is not',
        ),
    ],
)
def test_other_kinds(tmp_path: Path, kind: str, fields: str, expected: str) -> None:
    found = faults(tmp_path, kind, fields)
    assert len(found) == 1
    assert found[0].startswith(f"x.yaml:{expected}")


def test_defaults_and_values_of_other_kinds(tmp_path: Path) -> None:
    def config(kind: str, fields: str) -> object:
        checked = check(tmp_path, kind, fields)
        assert checked.entry is not None
        return checked.entry.config

    folder = config("fs.directory", "directory: a\nmode: 0555")
    assert isinstance(folder, DirectoryFilesystem)
    assert (folder.readable, folder.writable, folder.permission_bits) == (True, False, 0o555)
    folder = config("fs.directory", "directory: a\nmode: '0600'")
    assert isinstance(folder, DirectoryFilesystem)
    assert folder.permission_bits == 0o700
    host = config(
        "process.host", "host: {workers: 4}\nlifecycle: {requires: [a], depends_on: [b:c]}"
    )
    assert isinstance(host, ProcessHost)
    assert host.host.workers == 4
    assert [id for _, id in host.references()] == ["myns:a", "b:c"]
    storage = config("env.storage.static", "values: {A: no, B: '5'}")
    assert isinstance(storage, StaticStorage)
    assert storage.values == {"A": "no", "B": "5"}
    variable = config("env.variable", "storage: s\ndefault: x")
    assert isinstance(variable, EnvironmentVariable)
    assert (variable.storage, variable.default) == ("myns:s", "x")
    lua = config(
        "process.lua", "source: return 1\nmethod: main\nimports: {a: lib}\nmodules: [time]"
    )
    assert isinstance(lua, LuaProcessConfiguration)
    assert list(lua.references()) == [(("imports", "a"), "myns:lib")]


NAMES = sorted(
    {
        *(name for model in KINDS.values() for name in model.model_fields),
        *("max_execution_ms", "fuel", "memory_bytes", "env", "mounts", "args", "cwd", "guest"),
        *("id", "name", "required", "command", "options", "restart", "workers", "A", "meta"),
    }
)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["/a", "a:b", "1s", "sha256:0", "wasi:io", "0755", "\0", "\ud7ff", "-1"])
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=5)
    ),
    max_leaves=12,
)


@given(
    st.sampled_from([*KINDS, "process.wasm", "process.wasm", "nonsense"]),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=8),
    st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=3),
)
def test_whatever_is_in_an_entry_it_is_checked_or_a_fault(
    kind: str, data: dict[str, object], meta: dict[str, object]
) -> None:
    raw = RawEntry("a:b", kind, meta, data, Node({}, 1), SourceFile(Path("x.yaml"), "x.yaml"))
    checked = check_entry(raw)
    assert (checked.entry is None) == bool(checked.faults)
    for fault in (*checked.faults, *checked.warnings):
        assert str(fault).startswith("x.yaml:1: ")
        assert "{" not in fault.message or "{" in str(data) + str(meta)
