"""Making entries ready, in the order of their dependencies: folders, variables, programs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType

from pywasm_rt.app.binary_source import BinaryFault, check_hash, read_binary
from pywasm_rt.app.dependencies import dependants, order
from pywasm_rt.app.entry import Entry
from pywasm_rt.app.environment_file import EnvironmentFile, EnvironmentFileError
from pywasm_rt.app.kinds import (
    BinaryConfiguration,
    DirectoryFilesystem,
    EnvironmentVariable,
    FileStorage,
    GuestConfiguration,
    MemoryStorage,
    OperatingSystemStorage,
    PythonConfiguration,
    PythonFunctionConfiguration,
    PythonProcessConfiguration,
    RouterStorage,
    StaticStorage,
    WasmFunctionConfiguration,
    WasmProcessConfiguration,
    WatFunctionConfiguration,
)
from pywasm_rt.app.loading import LoadStep, Phase, tell
from pywasm_rt.app.program import Program
from pywasm_rt.app.program_loader import ProgramLoader
from pywasm_rt.app.python_source import load_script
from pywasm_rt.app.references import (
    check_references,
    needs_of,
    reference_path,
    variables_by_name,
)
from pywasm_rt.app.source_files import RawEntry, Sources
from pywasm_rt.app.variables import Storage, Variable, make_storage, make_variable
from pywasm_rt.engine import get_engine
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import Fault

__all__ = ["Folder", "Resolver", "Resources"]


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk behind a filesystem entry, and what may be done through the entry."""

    path: Path
    readable: bool = True
    writable: bool = True


@dataclass(frozen=True, slots=True)
class Resources:
    """What stands behind entries, by their IDs. ``variable_ids`` are also by public name."""

    folders: dict[str, Folder] = field(default_factory=dict)
    storages: dict[str, Storage] = field(default_factory=dict)
    variables: dict[str, Variable] = field(default_factory=dict)
    programs: dict[str, Program] = field(default_factory=dict)
    scripts: dict[str, CodeType] = field(default_factory=dict)
    variable_ids: dict[str, str] = field(default_factory=dict)

    def variable(self, entry_id: str) -> Variable | None:
        """The variable with this ID, or with this public name in place of the ID's name."""
        if entry_id in self.variables:
            return self.variables[entry_id]
        public = self.variable_ids.get(entry_id.partition(":")[2], "")
        return self.variables.get(public)


class Resolver:
    """Resolves all entries of an application once."""

    def __init__(
        self,
        sources: Sources,
        raw_entries: Mapping[str, RawEntry],
        entries: Mapping[str, Entry],
        engine: Engine | None,
    ) -> None:
        self.sources = sources
        self.raw_entries = raw_entries
        self.entries = entries
        self.resources = Resources(variable_ids=variables_by_name(entries))
        self.engine = engine
        self._programs: ProgramLoader | None = None
        self._binaries = sum(
            isinstance(entry.config, BinaryConfiguration) for entry in entries.values()
        )
        self._begun: dict[str, int] = {}
        self.files: list[Path] = []
        self.digests: dict[str, str] = {}
        self.needs = {
            entry.id: needs_of(entry, raw_entries, self.resources.variable_ids)
            for entry in entries.values()
        }

    @property
    def programs(self) -> ProgramLoader:
        """The loader of programs, made when the first is needed."""
        if self._programs is None:
            self._programs = ProgramLoader(self.engine or get_engine())
        return self._programs

    def needing(self, broken: Collection[str]) -> dict[str, str]:
        """For each entry that needs a broken one, directly or not, the one it needs."""
        return dependants(self.needs, broken)

    def resolve(self) -> list[Fault]:
        """Make everything ready that can be; what is wrong."""
        faults: list[Fault] = []
        for entry in self.entries.values():
            faults += check_references(entry, self.raw_entries, self.resources.variable_ids)
        ordered, circles = order(self.needs)
        for circle in circles:
            faults += self._circle(circle)
        for entry_id in ordered:
            entry = self.entries[entry_id]
            resolve = _RESOLVERS.get(type(entry.config))
            if resolve is not None:
                faults += resolve(self, entry)
        return faults

    def _circle(self, circle: tuple[str, ...]) -> Iterator[Fault]:
        """A fault for each entry of a circle, at the field that names the next."""
        message = f"dependency cycle: {' -> '.join((*circle, circle[0]))}"
        for entry_id, needed in zip(circle, (*circle[1:], circle[0]), strict=True):
            entry = self.entries[entry_id]
            path = reference_path(entry, needed, self.raw_entries, self.resources.variable_ids)
            yield entry.raw.fault(message, path)

    def directory(self, entry: Entry) -> list[Fault]:
        """``fs.directory``: the folder must be there, or may be made."""
        config = entry.config
        if not isinstance(config, DirectoryFilesystem):
            return []
        start = self.sources.root if config.base == "project" else self.sources.folder
        path = start / config.directory
        try:
            if config.auto_init:
                path.mkdir(mode=config.permission_bits, parents=True, exist_ok=True)
            is_there = path.is_dir()
        except OSError as error:
            message = f"directory cannot be made: {path}: {error.strerror}"
            return [entry.raw.fault(message, ("directory",))]
        if not is_there:
            advice = "make it, or write auto_init: true"
            message = f"directory not found: {path}"
            return [entry.raw.fault(message, ("directory",), advice)]
        self.resources.folders[entry.id] = Folder(path, config.readable, config.writable)
        return []

    def storage(self, entry: Entry) -> list[Fault]:
        """``env.storage.*``."""
        config = entry.config
        if isinstance(config, FileStorage):
            return self._file_storage(entry, config)
        self.resources.storages[entry.id] = make_storage(entry, self.resources.storages)
        return []

    def _file_storage(self, entry: Entry, config: FileStorage) -> list[Fault]:
        """``env.storage.file``: the file must be there, or may be made, and be well written."""
        path = self.sources.root / config.file_path
        self.files.append(path)
        try:
            if config.auto_create and not path.exists():
                path.parent.mkdir(mode=int(config.dir_mode, 8), parents=True, exist_ok=True)
                path.touch(mode=int(config.file_mode, 8))
            storage = EnvironmentFile(path)
            storage.read()
        except FileNotFoundError:
            advice = "make it, or write auto_create: true"
            return [entry.raw.fault(f"file not found: {path}", ("file_path",), advice)]
        except OSError as error:
            message = f"file cannot be read: {path}: {error.strerror}"
            return [entry.raw.fault(message, ("file_path",))]
        except EnvironmentFileError as error:
            return [entry.raw.fault(f"{path}: {error}", ("file_path",))]
        self.resources.storages[entry.id] = storage
        return []

    def variable(self, entry: Entry) -> list[Fault]:
        """``env.variable``; one whose storage is not usable is left out."""
        variable = make_variable(entry, self.resources.storages)
        if variable is not None:
            self.resources.variables[entry.id] = variable
        return []

    def guest(self, entry: Entry) -> list[Fault]:
        """Variables that must be set, then the binary or text and all about it."""
        config = entry.config
        if not isinstance(config, GuestConfiguration):
            return []
        faults = self._missing_variables(entry, config)
        if isinstance(config, WatFunctionConfiguration):
            program, found = self.programs.load_text(entry, config.source)
        elif isinstance(config, BinaryConfiguration):
            program, found = self._binary(entry, config)
        else:
            return faults
        if program is not None:
            self.resources.programs[entry.id] = program
        return [*faults, *found]

    def python_process(self, entry: Entry) -> list[Fault]:
        """``process.py``, ``function.py``: a file of Python with the coroutine function."""
        config = entry.config
        if not isinstance(config, PythonConfiguration):
            return []
        path = entry.raw.file.path.parent / config.module
        self.files.append(path)
        script, faults = load_script(entry, path, config.method)
        if script is not None:
            self.resources.scripts[entry.id] = script.code
            self.digests[entry.id] = script.digest
        return faults

    def _missing_variables(self, entry: Entry, config: GuestConfiguration) -> list[Fault]:
        faults: list[Fault] = []
        for index, needed in enumerate(config.wasi.env):
            variable = self.resources.variable(needed.id)
            if needed.required and variable is not None and variable.value() is None:
                message = f"required wasi env variable not found: {needed.id}"
                advice = f"set {variable.name}, or give the variable a default"
                faults.append(entry.raw.fault(message, ("wasi", "env", index), advice))
        return faults

    def _binary(
        self, entry: Entry, config: BinaryConfiguration
    ) -> tuple[Program | None, list[Fault]]:
        folder = self.resources.folders.get(config.fs)
        if folder is None:
            return None, []
        if not folder.readable:
            message = f"{config.fs} does not let anybody read"
            return None, [entry.raw.fault(message, ("fs",), "see its mode")]
        self.files.append(folder.path / config.path.lstrip("/"))
        try:
            self._tell(Phase.READING, entry)
            data = read_binary(folder.path, config.path)
            self._tell(Phase.HASHING, entry, len(data))
            digest = check_hash(data, config.hash)
        except BinaryFault as error:
            return None, [entry.raw.fault(error.message, (error.field,), error.suggestion)]
        self._tell(Phase.COMPILING, entry, len(data))
        return self.programs.load(entry, data, digest)

    def _tell(self, phase: Phase, entry: Entry, size_bytes: int = 0) -> None:
        number = self._begun.setdefault(entry.id, len(self._begun) + 1)
        tell(LoadStep(phase, entry.id, size_bytes, number, self._binaries))


_RESOLVERS: dict[type, Callable[[Resolver, Entry], list[Fault]]] = {
    DirectoryFilesystem: Resolver.directory,
    EnvironmentVariable: Resolver.variable,
    FileStorage: Resolver.storage,
    MemoryStorage: Resolver.storage,
    OperatingSystemStorage: Resolver.storage,
    PythonFunctionConfiguration: Resolver.python_process,
    PythonProcessConfiguration: Resolver.python_process,
    RouterStorage: Resolver.storage,
    StaticStorage: Resolver.storage,
    WasmFunctionConfiguration: Resolver.guest,
    WasmProcessConfiguration: Resolver.guest,
    WatFunctionConfiguration: Resolver.guest,
}
