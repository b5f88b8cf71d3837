"""From the files of an application to raw entries: found, read, named, not yet understood.

Every ``*.yaml`` and ``*.yml`` below the source folder (``src/`` if the application has one)
counts, except in ``node_modules`` and hidden folders. A file has ``version``, ``namespace``,
``meta`` and either ``entries`` or one entry written at the top level; a file with neither is no
business of ours.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from pywasm_rt.app.identifiers import is_name, is_namespace
from pywasm_rt.app.yaml_source import Node, PathStep, read_yaml
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault, FieldLocation, LineColumn

__all__ = ["RawEntry", "SourceFile", "Sources", "read_sources", "source_folder"]

MAX_TEXT_BYTES = 16 << 20
FILE_PREFIX = "file://"
TOP_LEVEL = ("version", "namespace", "meta", "entries")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A YAML file: where it lies, and the name that faults show."""

    path: Path
    shown: str


@dataclass(frozen=True, slots=True)
class RawEntry:
    """An entry as written: ``data`` are its fields without name, kind and meta.

    ``node`` knows the lines: a field's path is looked up below ``data_path`` (() or ("data",)).
    """

    id: str
    kind: str
    meta: Mapping[str, object]
    data: Mapping[str, object]
    node: Node
    file: SourceFile
    data_path: tuple[PathStep, ...] = ()

    @property
    def namespace(self) -> str:
        """The namespace of the file."""
        return self.id.partition(":")[0]

    @property
    def name(self) -> str:
        """The name within the namespace."""
        return self.id.partition(":")[2]

    def location(self, path: tuple[PathStep, ...] = ()) -> FieldLocation:
        """The place of a field, such as ``("wasi", "mounts", 0, "guest")``."""
        inside = path if path[:1] == ("meta",) else self.data_path + path
        return FieldLocation(self.file.shown, self.node.line_of(inside), show_path(path))

    def text_origin(self, path: tuple[PathStep, ...]) -> LineColumn:
        """Where the text of a field begins: in this file, or in that which ``file://`` names."""
        node = self.node.at(self.data_path + path)
        if node is None:
            return LineColumn(self.node.line, 1, self.file.shown)
        if isinstance(node.value, str) and node.value.startswith(FILE_PREFIX):
            name = node.value.removeprefix(FILE_PREFIX).lstrip("/")
            return LineColumn(1, 1, str(Path(self.file.shown).parent / name))
        return LineColumn(node.text_line or node.line, 1, self.file.shown)

    def fault(self, message: str, path: tuple[PathStep, ...] = (), suggestion: str = "") -> Fault:
        """A fault of this entry."""
        return Fault(message, self.location(path), suggestion, self.id)


@dataclass(frozen=True, slots=True)
class Sources:
    """All that was read: entries in file and line order, what is wrong with the files, and all
    files that were read or looked for.
    """

    root: Path
    folder: Path
    entries: tuple[RawEntry, ...]
    faults: tuple[Fault, ...]
    files: tuple[Path, ...] = ()


def show_path(path: tuple[PathStep, ...]) -> str:
    """``wasi.mounts[0].guest``."""
    text = ""
    for step in path:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def source_folder(root: Path) -> Path:
    """Where an application's YAML files are: ``src`` below its folder, or the folder itself."""
    inner = root / "src"
    return inner if inner.is_dir() else root


def read_sources(root: Path) -> Sources:
    """Read all files of the application in ``root``. Raises nothing for bad content."""
    folder = source_folder(root)
    entries: list[RawEntry] = []
    faults: list[Fault] = []
    files: list[Path] = []
    for file in find_files(folder):
        reader = _FileReader(file)
        entries += reader.read()
        faults += reader.faults
        files += (file.path, *reader.texts)
    return Sources(root, folder, *_without_duplicates(entries, faults), tuple(files))


def find_files(folder: Path) -> Iterator[SourceFile]:
    """The YAML files below ``folder``, in order of their paths within each folder."""
    for parent, folders, files in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if name != "node_modules" and not name.startswith(".")
        )
        for name in sorted(files):
            if name.endswith((".yaml", ".yml")) and not name.startswith("."):
                path = Path(parent, name)
                yield SourceFile(path, str(path))


def _without_duplicates(
    entries: list[RawEntry], faults: list[Fault]
) -> tuple[tuple[RawEntry, ...], tuple[Fault, ...]]:
    """Keep the first of the entries that share an ID; the others are faults."""
    first: dict[str, RawEntry] = {}
    for entry in entries:
        if entry.id in first:
            place = first[entry.id].location()
            fault = entry.fault(f'duplicate entry "{entry.id}"', (), f"first in {place}")
            faults.append(fault)
        else:
            first[entry.id] = entry
    return tuple(first.values()), tuple(faults)


class _FileReader:
    """Reads one file."""

    def __init__(self, file: SourceFile) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.texts: list[Path] = []

    def read(self) -> list[RawEntry]:
        """The entries of the file; what is wrong goes to ``faults``."""
        try:
            data = self.file.path.read_bytes()
        except OSError as error:
            self.fault(1, f"cannot be read: {error.strerror}")
            return []
        document = read_yaml(data, self.file.shown)
        self.faults += document.faults
        root = document.root
        if root is None or (root.get("entries") is None and root.get("kind") is None):
            return []
        namespace = self.namespace_of(root)
        if namespace is None:
            return []
        shared = self.meta_of(root) if root.get("entries") is not None else {}
        found: list[RawEntry] = []
        owners: list[tuple[int, str]] = []
        for node in self.entry_nodes(root):
            entry = self.entry(node, namespace, shared)
            owners.append((node.line, entry.id if entry else ""))
            if entry is not None:
                found.append(entry)
        self.attribute(owners)
        return found

    def attribute(self, owners: list[tuple[int, str]]) -> None:
        """Say of each fault to which entry it belongs: that which begins last before it."""
        for index, fault in enumerate(self.faults):
            line = fault.where.line if fault.where else 0
            owner = next((id for start, id in reversed(owners) if start <= line), "")
            self.faults[index] = replace(fault, entry_id=owner)

    def namespace_of(self, root: Node) -> str | None:
        """The file's namespace; None, and a fault, if it has none."""
        node = root.get("namespace")
        line = root.line_of(("namespace",))
        if node is None or node.value in (None, ""):
            example = 'add for example "namespace: app" at the top of the file'
            self.fault(line, "namespace is required", "namespace", example)
        elif not isinstance(node.value, str) or not is_namespace(node.value):
            message = f"not a namespace: {node.plain()!r:.60}"
            self.fault(line, message, "namespace", "names separated by dots")
        else:
            return node.value
        return None

    def entry_nodes(self, root: Node) -> Iterator[Node]:
        """The nodes that are entries: those of ``entries``, or the root itself."""
        entries = root.get("entries")
        if entries is None:
            fields = {key: node for key, node in root.items() if key not in TOP_LEVEL[:2]}
            yield Node(fields, root.line, root.key_lines)
            return
        for key, line in root.key_lines.items():
            if key not in TOP_LEVEL:
                self.fault(line, f'unknown field "{key}"', key, hint(key, TOP_LEVEL))
        if not isinstance(entries.value, tuple) and entries.value is not None:
            self.fault(root.line_of(("entries",)), "entries must be a list", "entries")
        yield from entries.elements()

    def entry(self, node: Node, namespace: str, shared: Mapping[str, object]) -> RawEntry | None:
        """One entry; None, and faults, if it has no usable name or kind."""
        if not isinstance(node.value, dict):
            self.fault(node.line, "an entry must be a mapping with name and kind")
            return None
        name, kind = self.text(node, "name"), self.text(node, "kind")
        if name is not None and not is_name(name):
            message = f"not a name: {name!r:.60}"
            self.fault(
                node.line_of(("name",)), message, "name", "no spaces and none of : | @ { } # , /"
            )
            name = None
        if name is None or kind is None:
            return None
        inner = node.get("data")
        holder = node if inner is None else inner
        if not isinstance(holder.value, dict):
            self.fault(node.line_of(("data",)), "data must be a mapping", "data")
            return None
        if inner is not None:
            self.check_beside_data(node)
        meta = {**shared, **self.meta_of(node)}
        fields = {
            key: self.value(child)
            for key, child in holder.items()
            if holder is inner or key not in {"name", "kind", "meta"}
        }
        path: tuple[PathStep, ...] = ("data",) if inner is not None else ()
        return RawEntry(f"{namespace}:{name}", kind, meta, fields, node, self.file, path)

    def check_beside_data(self, node: Node) -> None:
        """With a ``data`` key, all of the entry's own fields are in it."""
        for key, child in node.items():
            if key not in {"name", "kind", "meta", "data"}:
                line = node.key_lines.get(key, child.line)
                self.fault(line, f'unknown field "{key}"', key, "put it under data")

    def meta_of(self, node: Node) -> dict[str, object]:
        """The ``meta`` mapping of a file or entry."""
        meta = node.get("meta")
        if meta is None or meta.value is None:
            return {}
        if not isinstance(meta.value, dict):
            self.fault(node.line_of(("meta",)), "meta must be a mapping", "meta")
            return {}
        return {key: self.value(child) for key, child in meta.items()}

    def text(self, node: Node, key: str) -> str | None:
        """The text under ``key``; None, and a fault, if there is none."""
        value = node.get(key)
        if value is None or value.value in (None, ""):
            self.fault(node.line, f"{key} is required", key)
        elif not isinstance(value.value, str):
            self.fault(node.line_of((key,)), f"{key} must be text", key)
        else:
            return value.value.strip()
        return None

    def value(self, node: Node) -> object:
        """The plain value of a node, with ``file://`` texts read in."""
        if isinstance(node.value, dict):
            return {key: self.value(child) for key, child in node.items()}
        if isinstance(node.value, tuple):
            return [self.value(child) for child in node.value]
        if isinstance(node.value, str) and node.value.startswith(FILE_PREFIX):
            return self.file_text(node.value.removeprefix(FILE_PREFIX), node.line)
        return node.value

    def file_text(self, name: str, line: int) -> str:
        """The text of a file beside this one; "" and a fault if it is not to be had."""
        folder = self.file.path.parent.resolve()
        shown = FILE_PREFIX + name
        if not name.strip("/"):
            self.fault(line, f"{shown}: the path is empty")
            return ""
        try:
            path = (folder / name.lstrip("/")).resolve()
            if not path.is_relative_to(folder):
                self.fault(line, f"{shown}: the path leaves the folder of this file")
                return ""
            self.texts.append(path)
            with path.open("rb") as stream:
                data = stream.read(MAX_TEXT_BYTES + 1)
            if len(data) > MAX_TEXT_BYTES:
                self.fault(line, f"{shown}: larger than {MAX_TEXT_BYTES} bytes")
                return ""
            return data.decode()
        except UnicodeDecodeError:
            self.fault(line, f"{shown}: not UTF-8 text")
        except (OSError, ValueError, RuntimeError) as error:
            # ValueError: a NUL in the path; RuntimeError: a loop of symbolic links.
            self.fault(line, f"{shown}: {getattr(error, 'strerror', None) or error}")
        return ""

    def fault(self, line: int, message: str, name: str = "", suggestion: str = "") -> None:
        """Note a fault of this file."""
        self.faults.append(Fault(message, FieldLocation(self.file.shown, line, name), suggestion))
