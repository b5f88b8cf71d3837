"""Are the entries that an entry names there, and of a kind that fits?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import EnvironmentVariable, GuestConfiguration
from pywasm_rt.app.source_files import RawEntry
from pywasm_rt.app.yaml_source import PathStep
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault

__all__ = ["check_references", "needs_of", "reference_path", "variables_by_name"]

Path = tuple[PathStep, ...]

# How the kind of what a field names must begin, and what to call such an entry.
_EXPECTATIONS: dict[Path, tuple[str, str]] = {
    ("storage",): ("env.storage.", "an environment storage"),
    ("func",): ("function.", "a function"),
    ("process",): ("process.", "a process"),
    ("host",): ("process.host", "a host"),
    ("meta", "router"): ("http.router", "an http.router"),
    ("meta", "server"): ("http.service", "an http.service"),
}

_HOSTS = {"process.host", "terminal.host"}
_CHUNKS = {"library.lua", "process.lua"}
_NO_PROCESSES = {"process.host", "process.service", "process.supervisor"}

_SENTENCES: dict[Path, str] = {
    ("func",): "function",
    ("process",): "process",
    ("host",): "host",
    ("meta", "router"): "router",
    ("meta", "server"): "server",
}


def variables_by_name(entries: Mapping[str, Entry]) -> dict[str, str]:
    """IDs of the variables by their public names; the first of several counts."""
    result: dict[str, str] = {}
    for entry in entries.values():
        if isinstance(entry.config, EnvironmentVariable) and entry.config.variable:
            result.setdefault(entry.config.variable, entry.id)
    return result


def needs_of(entry: Entry, known: Mapping[str, RawEntry], public: Mapping[str, str]) -> set[str]:
    """IDs of the existing entries that ``entry`` needs, those of ``meta.depends_on`` too."""
    named = {target for _, target in _targets(entry, known, public)}
    return {target for target in named if target in known and target != entry.id}


def reference_path(
    entry: Entry, target: str, known: Mapping[str, RawEntry], public: Mapping[str, str]
) -> Path:
    """The first field by which ``entry`` needs ``target``, which it does."""
    return next(path for path, named in _targets(entry, known, public) if named == target)


def _targets(
    entry: Entry, known: Mapping[str, RawEntry], public: Mapping[str, str]
) -> Iterator[tuple[Path, str]]:
    """The IDs that an entry names, with the fields that do."""
    for path, target in entry.references():
        yield path, _target(path, target, known, public)
    for index, text in enumerate(entry.meta.depends_on):
        named = text if ":" in text else f"{entry.raw.namespace}:{text}"
        yield ("meta", "depends_on", index), named


def _target(
    path: Path, target: str, known: Mapping[str, RawEntry], public: Mapping[str, str]
) -> str:
    """The ID meant: ``wasi.env[].id`` may also be a variable's public name."""
    if path[:2] == ("wasi", "env") and target not in known:
        return public.get(target.partition(":")[2], target)
    return target


def check_references(
    entry: Entry, known: Mapping[str, RawEntry], public: Mapping[str, str]
) -> Iterator[Fault]:
    """A fault for each reference of ``entry`` to something that is not there or does not fit."""
    for path, name in entry.references():
        target = _target(path, name, known, public)
        prefix, what = _expectation(entry, path)
        if target == entry.id:
            yield entry.raw.fault(f"{target} needs itself", path)
        elif target not in known:
            candidates = [id for id, raw in known.items() if raw.kind.startswith(prefix)]
            yield entry.raw.fault(_missing(entry, path, target), path, hint(target, candidates))
        elif not _fits(path, known[target].kind, prefix):
            kind = known[target].kind
            yield entry.raw.fault(f"{target} is a {kind}, not {what}", path)


def _fits(path: Path, kind: str, prefix: str) -> bool:
    """Whether an entry of a kind can stand in a field."""
    if path == ("host",):
        return kind in _HOSTS
    if path[0] == "imports":
        return kind in _CHUNKS
    return kind.startswith(prefix) and not (path == ("process",) and kind in _NO_PROCESSES)


def _expectation(entry: Entry, path: Path) -> tuple[str, str]:
    """How the kind of a reference's target must begin, and what to call such an entry."""
    if path in _EXPECTATIONS:
        return _EXPECTATIONS[path]
    if path[0] == "imports":
        return "", "a library.lua or process.lua"
    if path[0] == "storages":
        return _EXPECTATIONS[("storage",)]
    if isinstance(entry.config, GuestConfiguration):
        if path[:2] == ("wasi", "env"):
            return "env.variable", "an env.variable"
        if path[0] == "fs" or path[:2] == ("wasi", "mounts"):
            return "fs.", "a filesystem"
    return "", "an entry"


def _missing(entry: Entry, path: Path, target: str) -> str:
    """The sentence for a target that is not there."""
    if path[0] in {"storage", "storages"}:
        return f"env storage not found: {target}"
    if path[0] == "fs":
        return f"filesystem not found: {target}"
    if path in _SENTENCES:
        return f"{_SENTENCES[path]} not found: {target}"
    if path[:2] == ("wasi", "mounts"):
        return f"wasi mount filesystem not found: {target}"
    if path[0] == "lifecycle":
        return f"service startup blocked by missing dependencies: {entry.id} requires {target}"
    if path[:2] == ("wasi", "env"):
        config = entry.config
        index = path[2]
        if isinstance(config, GuestConfiguration) and isinstance(index, int):
            required = "required " if config.wasi.env[index].required else ""
            return f"{required}wasi env variable not found: {target}"
    return f"entry not found: {target}"
