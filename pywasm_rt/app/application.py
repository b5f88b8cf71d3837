"""An application: its entries, loaded, checked against each other, ready to run.

:meth:`Application.load` reads every file, names everything that is wrong at once, and keeps what is
right. An entry with a fault, or needing one that has, cannot be used; the others can. ``strict``
makes any fault fatal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from pywasm_rt.app.definitions import Surroundings, wasm_definition
from pywasm_rt.app.dependencies import dependants
from pywasm_rt.app.entry import Entry, check_entry
from pywasm_rt.app.extensions import Check, Extension
from pywasm_rt.app.kinds import KINDS
from pywasm_rt.app.overrides import apply_overrides, parse_override
from pywasm_rt.app.program import Program
from pywasm_rt.app.resolution import Resolver, Resources
from pywasm_rt.app.security import check_security
from pywasm_rt.app.service_checks import check_services
from pywasm_rt.app.source_files import RawEntry, Sources, read_sources
from pywasm_rt.component.suggestion import hint
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import (
    ConfigError,
    EngineBug,
    Fault,
    FieldLocation,
    ProcessError,
    ProcessErrorKind,
)
from pywasm_rt.process.interface import Process, ProcessContext, ProcessDefinition

__all__ = ["Application", "Check", "CommandListing"]

_STARTED = ("process.", "function.")


@dataclass(frozen=True, slots=True)
class CommandListing:
    """A line of ``run list``; ``usable`` says whether the entry can be run."""

    name: str
    short: str
    entry_id: str
    usable: bool


@dataclass(frozen=True, slots=True)
class Application:
    """What :meth:`load` found.

    ``entries`` are those whose own fields are right, by ID. ``faults`` and ``warnings`` are in file
    and line order. ``unusable`` gives for each ID that cannot be used one sentence why.
    ``resources`` are the folders, variables and programs behind the entries, ``needs`` the entries
    that each entry names. ``files`` are all that was read, ``digests`` those of the code of entries
    that have no program.
    """

    root: Path
    entries: Mapping[str, Entry]
    raw_entries: Mapping[str, RawEntry]
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    unusable: Mapping[str, str]
    resources: Resources = field(default_factory=Resources)
    needs: Mapping[str, frozenset[str]] = field(default_factory=dict)
    files: tuple[Path, ...] = ()
    digests: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(
        cls,
        path: Path | str,
        strict: bool = False,
        engine: Engine | None = None,
        checks: Mapping[str, Check] = MappingProxyType({}),
        extensions: Sequence[Extension] = (),
        overrides: Sequence[str] = (),
    ) -> Application:
        """Load the application in the folder ``path``, with :mod:`~pywasm_rt.app.overrides`.

        ``checks`` are by kind: more that rooms above this one know about entries of the kind.
        ``extensions`` bring such checks too.
        Raises ConfigError if there is no such folder, for a wrong override, and with ``strict`` for
        any fault.
        """
        root = Path(path)
        if not root.is_dir():
            raise ConfigError([Fault(f"no such folder: {root}")])
        wanted = [parse_override(text) for text in overrides]
        sources = read_sources(root)
        sources = replace(sources, entries=apply_overrides(sources.entries, wanted))
        application = _load(sources, engine, _all_checks(checks, extensions))
        application = application.checked_by(extensions)
        if strict and application.faults:
            raise ConfigError(application.faults)
        return application

    def checked_by(self, extensions: Sequence[Extension]) -> Application:
        """The same, with what extensions find wrong between entries."""
        kinds = {kind for extension in extensions for kind in extension.services}
        more = list(check_services(self, kinds))
        more += check_security(self)
        more += [fault for extension in extensions for fault in extension.check_all(self)]
        if not more:
            return self
        faults = _sorted([*self.faults, *more])
        unusable = {**_reasons(more), **self.unusable}
        broken = {fault.entry_id for fault in more if fault.entry_id}
        for entry_id, needed in dependants(self.needs, broken).items():
            unusable.setdefault(entry_id, f"it needs {needed}: {unusable.get(needed, 'unusable')}")
        return replace(self, faults=faults, unusable=unusable)

    def entry(self, entry_id: str) -> Entry:
        """The usable entry with this ID.

        Raises ProcessError: NotFound if there is none (with a suggestion), Invalid if it has
        faults or needs an entry that has.
        """
        if entry_id in self.unusable:
            message = f"{entry_id} cannot be used: {self.unusable[entry_id]}"
            raise ProcessError(message, ProcessErrorKind.INVALID, entry_id=entry_id)
        if entry_id not in self.entries:
            message = f"entry not found: {entry_id} ({hint(entry_id, self.entries)})"
            raise ProcessError(message, ProcessErrorKind.NOT_FOUND, entry_id=entry_id)
        return self.entries[entry_id]

    def program(self, entry_id: str) -> Program:
        """The program of a usable process or function. Raises ProcessError as :meth:`entry`."""
        self.entry(entry_id)
        program = self.resources.programs.get(entry_id)
        if program is None:
            message = f"{entry_id} is a {self.entries[entry_id].kind}, not WebAssembly"
            raise ProcessError(message, ProcessErrorKind.INVALID, entry_id=entry_id)
        return program

    def definitions(self, surroundings: Surroundings) -> dict[str, ProcessDefinition]:
        """How to start each process and function of WebAssembly, by ID.

        Starting an unusable one, of whatever sort, says why.
        """
        found: dict[str, ProcessDefinition] = {}
        for entry_id, raw in self.raw_entries.items():
            program = self.resources.programs.get(entry_id)
            if entry_id in self.unusable and raw.kind.startswith(_STARTED):
                found[entry_id] = ProcessDefinition(partial(self._refuse, entry_id))
            elif program is not None:
                entry = self.entries[entry_id]
                found[entry_id] = wasm_definition(entry, program, self.resources, surroundings)
        return found

    def _refuse(self, entry_id: str, _: ProcessContext) -> Process:
        """Stands in for an entry that cannot be used. Raises ProcessError."""
        self.entry(entry_id)
        raise EngineBug(f"{entry_id} was unusable and is not any more")

    def of_kind(self, kind: str) -> tuple[Entry, ...]:
        """The usable entries of a kind, by ID."""
        found = (entry for entry in self.entries.values() if entry.kind == kind)
        return tuple(sorted((e for e in found if e.id not in self.unusable), key=lambda e: e.id))

    def commands(self) -> tuple[CommandListing, ...]:
        """The commands by name, those that cannot be run included."""
        found: dict[str, CommandListing] = {}
        for raw in self.raw_entries.values():
            command = raw.meta.get("command")
            if not raw.kind.startswith("process.") or not isinstance(command, Mapping):
                continue
            name, short = command.get("name"), command.get("short")
            if isinstance(name, str) and name and name not in found:
                shown = short if isinstance(short, str) else ""
                usable = raw.id not in self.unusable
                found[name] = CommandListing(name, shown, raw.id, usable)
        return tuple(found[name] for name in sorted(found))

    def faults_of(self, entry_id: str) -> tuple[Fault, ...]:
        """The faults of one entry itself."""
        return tuple(fault for fault in self.faults if fault.entry_id == entry_id)


def _load(
    sources: Sources, engine: Engine | None, checks: Mapping[str, tuple[Check, ...]]
) -> Application:
    """Check and resolve what was read."""
    faults = list(sources.faults)
    warnings: list[Fault] = []
    raw_entries = {raw.id: raw for raw in sources.entries}
    entries: dict[str, Entry] = {}
    for raw in sources.entries:
        checked = check_entry(raw, KINDS)
        faults += checked.faults
        warnings += checked.warnings
        if checked.entry is not None:
            entries[raw.id] = checked.entry
    faults += _command_faults(entries)
    resolver = Resolver(sources, raw_entries, entries, engine)
    faults += resolver.resolve()
    for entry in entries.values():
        for check in checks.get(entry.kind, ()):
            faults += check(entry)
    broken = {fault.entry_id for fault in faults if fault.entry_id}
    reasons = _reasons(faults)
    for entry_id, needed in resolver.needing(broken).items():
        reasons.setdefault(entry_id, f"it needs {needed}: {reasons.get(needed, 'unusable')}")
    return Application(
        sources.root,
        entries,
        raw_entries,
        _sorted(faults),
        _sorted(warnings),
        reasons,
        resolver.resources,
        {entry_id: frozenset(needed) for entry_id, needed in resolver.needs.items()},
        (*sources.files, *resolver.files),
        resolver.digests,
    )


def _all_checks(
    checks: Mapping[str, Check], extensions: Sequence[Extension]
) -> dict[str, tuple[Check, ...]]:
    """All checks of each kind."""
    found: dict[str, tuple[Check, ...]] = {}
    for some in (checks, *(extension.checks for extension in extensions)):
        for kind, check in some.items():
            found[kind] = (*found.get(kind, ()), check)
    return found


def _reasons(faults: list[Fault]) -> dict[str, str]:
    """For each entry with faults, the first of them."""
    reasons: dict[str, str] = {}
    for fault in _sorted(faults):
        if fault.entry_id:
            reasons.setdefault(fault.entry_id, fault.message)
    return reasons


def _sorted(faults: list[Fault]) -> tuple[Fault, ...]:
    """In file and line order; equal ones once."""
    nowhere = FieldLocation("", 0)

    def place(fault: Fault) -> tuple[str, int]:
        where = fault.where or nowhere
        return where.file, where.line

    return tuple(dict.fromkeys(sorted(faults, key=place)))


def _command_faults(entries: Mapping[str, Entry]) -> list[Fault]:
    """Commands of entries that are no processes, and names that are given twice."""
    faults: list[Fault] = []
    first: dict[str, Entry] = {}
    for entry in entries.values():
        if entry.command is None:
            continue
        path = ("meta", "command", "name")
        name = entry.command.name
        if not entry.kind.startswith("process.") or entry.kind == "process.host":
            message = f"a {entry.kind} cannot be a command"
            faults.append(entry.raw.fault(message, path[:2]))
        elif name in first:
            place = first[name].raw.location(path)
            advice = f"first at {place.file}:{place.line} by {first[name].id}"
            faults.append(entry.raw.fault(f'duplicate command name "{name}"', path, advice))
        else:
            first[name] = entry
    return faults
