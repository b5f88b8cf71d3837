"""Which files count, and how they become raw entries."""

from __future__ import annotations

from pathlib import Path

import pytest

from pywasm_rt.app.source_files import RawEntry, read_sources

from .conftest import Write

HOST = "namespace: app\nentries:\n  - {name: host, kind: process.host}\n"


def entry(root: Path, name: str = "x") -> RawEntry:
    sources = read_sources(root)
    assert sources.faults == ()
    return next(entry for entry in sources.entries if entry.name == name)


def faults(root: Path) -> list[str]:
    return [str(fault) for fault in read_sources(root).faults]


def test_files_below_src_only_recursively_in_order(write: Write) -> None:
    write(
        {
            "outside.yaml": HOST,
            "src/b.yml": HOST.replace("host", "b", 1).replace("app", "two"),
            "src/a/c.yaml": HOST.replace("app", "one"),
            "src/node_modules/n.yaml": HOST,
            "src/.hidden/h.yaml": HOST,
            "src/.hidden.yaml": HOST,
            "src/notes.txt": "namespace: [",
        }
    )
    sources = read_sources(Path())
    assert [raw.id for raw in sources.entries] == ["two:b", "one:host"]
    assert [raw.file.shown for raw in sources.entries] == ["src/b.yml", "src/a/c.yaml"]
    assert sources.faults == ()


def test_without_src_the_folder_itself(write: Write) -> None:
    write({"app.yaml": HOST})
    assert [raw.id for raw in read_sources(Path()).entries] == ["app:host"]


def test_links_to_folders_are_not_followed(write: Write) -> None:
    write({"app.yaml": HOST})
    Path("again").symlink_to(".")
    assert len(read_sources(Path()).entries) == 1


def test_one_entry_at_the_top_level(write: Write) -> None:
    write({"x.yaml": "namespace: a.b\nname: x\nkind: terminal.host\nmeta: {k: 1}\nhide_logs: true"})
    raw = entry(Path())
    assert (raw.id, raw.kind) == ("a.b:x", "terminal.host")
    assert (raw.meta, raw.data) == ({"k": 1}, {"hide_logs": True})
    assert str(raw.location(("hide_logs",))) == "x.yaml:5: hide_logs"


def test_meta_of_the_file_lies_below_that_of_the_entry(write: Write) -> None:
    text = "namespace: app\nmeta: {a: 1, b: 2}\nentries: [{name: x, kind: k, meta: {b: 3}}]"
    write({"x.yaml": text})
    assert entry(Path()).meta == {"a": 1, "b": 3}


def test_fields_may_be_under_data(write: Write) -> None:
    write({"x.yaml": "namespace: app\nname: x\nkind: k\ndata:\n  kind: 1\n  meta: 2\n  a: 3\n"})
    raw = entry(Path())
    assert raw.data == {"kind": 1, "meta": 2, "a": 3}
    assert str(raw.location(("a",))) == "x.yaml:7: a"


def test_texts_from_files_beside_the_yaml_file(write: Write) -> None:
    files = {"src/l/x.lua": "return 1\n", "src/l/x.yaml": "namespace: app\nname: x\nkind: k\n"}
    files["src/l/x.yaml"] += "source: file://x.lua\ndeep: {list: [file:///x.lua]}\n"
    write(files)
    assert entry(Path()).data == {"source": "return 1\n", "deep": {"list": ["return 1\n"]}}


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("gone.lua", "No such file or directory"),
        ("", "the path is empty"),
        ("../outside.lua", "the path leaves the folder of this file"),
        ("link.lua", "the path leaves the folder of this file"),
        ("latin.lua", "not UTF-8 text"),
        ("sub", "Is a directory"),
        ("loop", ""),
    ],
)
def test_files_that_cannot_be_had(write: Write, name: str, reason: str) -> None:
    text = f"namespace: app\nname: x\nkind: k\nsource: file://{name}\n"
    write({"outside.lua": "", "src/x.yaml": text, "src/latin.lua": b"\xff", "src/sub/a": ""})
    Path("src/link.lua").symlink_to("../outside.lua")
    Path("src/loop").symlink_to("loop")
    sources = read_sources(Path())
    assert len(sources.faults) == 1
    assert str(sources.faults[0]).startswith(f"src/x.yaml:4: file://{name}: {reason}")
    assert sources.faults[0].entry_id == "app:x"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "entries: []\n",
            (
                "x.yaml:1: namespace: namespace is required "
                '(add for example "namespace: app" at the top of the file)'
            ),
        ),
        (
            "namespace: 5\nkind: k\n",
            "x.yaml:1: namespace: not a namespace: 5 (names separated by dots)",
        ),
        ("namespace: a\nentries: 5\n", "x.yaml:2: entries: entries must be a list"),
        (
            "namespace: a\nentries:\n- 5\n",
            "x.yaml:3: an entry must be a mapping with name and kind",
        ),
        ("namespace: a\nentries:\n- kind: k\n", "x.yaml:3: name: name is required"),
        ("namespace: a\nentries:\n- name: k\n", "x.yaml:3: kind: kind is required"),
        ("namespace: a\nname: [x]\nkind: k\n", "x.yaml:2: name: name must be text"),
        (
            "namespace: a\nname: a:b\nkind: k\n",
            "x.yaml:2: name: not a name: 'a:b' (no spaces and none of : | @ { } # , /)",
        ),
        ("namespace: a\nname: x\nkind: k\ndata: 5\n", "x.yaml:4: data: data must be a mapping"),
        ("namespace: a\nname: x\nkind: k\nmeta: 5\n", "x.yaml:4: meta: meta must be a mapping"),
        (
            "namespace: a\nname: x\nkind: k\nfs: 1\ndata: {}\n",
            'x.yaml:4: fs: unknown field "fs" (put it under data)',
        ),
        (
            "namespace: a\nentrys: []\nentries: []\n",
            'x.yaml:2: entrys: unknown field "entrys" (did you mean "entries"?)',
        ),
    ],
)
def test_faults_of_a_file(write: Write, text: str, expected: str) -> None:
    write({"x.yaml": text})
    assert faults(Path()) == [expected]


def test_a_file_that_is_something_else_is_left_alone(write: Write) -> None:
    write({"compose.yaml": "services: {web: {image: x}}\n", "list.yaml": "- 1\n", "e.yaml": ""})
    sources = read_sources(Path())
    assert (sources.entries, sources.faults) == ((), ())


def test_duplicate_ids(write: Write) -> None:
    write({"a.yaml": HOST, "b.yaml": "\n" + HOST})
    sources = read_sources(Path())
    assert len(sources.entries) == 1
    assert faults(Path()) == ['b.yaml:4: duplicate entry "app:host" (first in a.yaml:3)']


def test_a_duplicate_key_is_a_fault_of_its_entry(write: Write) -> None:
    write(
        {
            "a.yaml": HOST
            + "  - name: x\n    kind: k\n    a: 1\n    a: 2\n"
            + "  - {name: y, kind: k}\n"
        }
    )
    sources = read_sources(Path())
    assert [fault.entry_id for fault in sources.faults] == ["app:x"]


def test_unreadable_file(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    write({"a.yaml": HOST})

    def refuse(self: Path) -> bytes:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    assert faults(Path()) == ["a.yaml:1: cannot be read: Permission denied"]
