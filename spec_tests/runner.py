"""Runs the commands of one script on one engine.

Threads of a script are cooperative: each is a list of commands driven in turns of a fuel quantum,
so the outcomes that the scripts allow are reached without threads of the operating system.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pywasm_rt.engine.driver import Drive, Meter, drive
from pywasm_rt.engine.interface import (
    Engine,
    Extern,
    Function,
    Global,
    HostFunction,
    Imports,
    Instance,
    LoadedModule,
    Paused,
    Store,
)
from pywasm_rt.errors import (
    DecodeError,
    ExhaustionError,
    GuestException,
    LineColumn,
    LinkError,
    OperationError,
    ParseError,
    Trap,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)
from pywasm_rt.operations import Operation, WaitForNotification
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.script import (
    Action,
    Assertion,
    Command,
    DefineModule,
    Get,
    InstantiateModule,
    Invoke,
    ModuleSource,
    Register,
    StartThread,
    WaitThread,
)
from pywasm_rt.wasm.text import parse_script
from pywasm_rt.wasm.types import ValueType
from pywasm_rt.wasm.validate import check_branch_hints
from spec_tests.matching import argument, matches
from spec_tests.spectest import spectest

__all__ = ["FileResult", "Outcome", "ScriptRunner", "run_file"]

ROUTES = ("text", "binary")
_QUANTUM = 10_000
# Turns of the other threads after which they are taken to have forgotten one that waits.
_MOST_TURNS = 10_000
# What an assertion of each kind must end with.
_EXPECTED: dict[str, tuple[type[WasmError], ...]] = {
    # What belongs to a proposal that is off is malformed, with the suite's text in front.
    "assert_malformed": (ParseError, DecodeError, UnsupportedFeature),
    "assert_malformed_custom": (ParseError, DecodeError),
    "assert_invalid": (ValidationError,),
    "assert_invalid_custom": (ValidationError,),
    "assert_unlinkable": (LinkError,),
    "assert_trap": (Trap,),
    "assert_exhaustion": (ExhaustionError,),
    "assert_exception": (GuestException,),
}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one assertion, or of another command that failed."""

    line: int
    kind: str
    passed: bool
    complaint: str = ""


@dataclass(slots=True)
class FileResult:
    """The outcomes of one file."""

    path: Path
    outcomes: list[Outcome] = field(default_factory=list)

    @property
    def passed(self) -> int:
        """How many assertions hold."""
        return sum(outcome.passed for outcome in self.outcomes)

    @property
    def failures(self) -> list[Outcome]:
        """The assertions that do not hold, and other commands that failed."""
        return [outcome for outcome in self.outcomes if not outcome.passed]


def run_file(path: Path, engine: Engine, route: str, features: Features) -> FileResult:
    """Run a script. A script that cannot be parsed is one failure."""
    result = FileResult(path)
    try:
        commands = parse_script(path.read_bytes(), features, file=str(path))
    except ParseError as error:
        line = error.where.line if isinstance(error.where, LineColumn) else 0
        result.outcomes.append(Outcome(line, "script", passed=False, complaint=str(error)))
        return result
    runner = ScriptRunner(engine, route, features, result)
    for _ in runner.run(commands):
        runner.turn_threads()
    return result


class ScriptRunner:
    """The state of a script: its modules, what is registered, its threads."""

    def __init__(self, engine: Engine, route: str, features: Features, result: FileResult) -> None:
        self.engine = engine
        self.route = route
        # What a thread of a script asserts is part of that thread: only failures are outcomes.
        self.is_thread = False
        self.features = features
        self.result = result
        self.store: Store = engine.new_store()
        self.registered: dict[str, dict[str, Extern | HostFunction]] = {
            "spectest": spectest(engine, features)
        }
        self.instances: dict[str, Instance] = {}
        self.definitions: dict[str, LoadedModule] = {}
        self.threads: dict[str, Generator[None, None, None]] = {}

    # Commands. A generator: it yields whenever another thread of the script may go on.

    def run(self, commands: Sequence[Command]) -> Generator[None, None, None]:
        """Run commands in order, noting the outcome of each assertion."""
        for command in commands:
            line = command.position >> 12
            if isinstance(command, Assertion):
                yield from self._assertion(command, line)
                continue
            try:
                yield from self._command(command)
            except Exception as error:  # noqa: BLE001 - a fault of ours fails this command only
                self._note(line, type(command).__name__, f"failed: {error!r}: {error}")

    def _note(self, line: int, kind: str, complaint: str = "") -> None:
        if complaint or not self.is_thread:
            self.result.outcomes.append(Outcome(line, kind, not complaint, complaint))

    def _command(self, command: Command) -> Generator[None, None, None]:
        if isinstance(command, DefineModule):
            module = self._load(command.source)
            self.definitions[command.source.name] = self.definitions[""] = module
            if not command.definition:
                yield from self._instantiate(module, command.source.name)
        elif isinstance(command, InstantiateModule):
            yield from self._instantiate(self.definitions[command.definition], command.instance)
        elif isinstance(command, Register):
            self.registered[command.name] = dict(self._instance(command.module).exports)
        elif isinstance(command, StartThread):
            self._start_thread(command)
        elif isinstance(command, WaitThread):
            while self._turn(command.name):
                self.turn_threads()
                yield
        elif isinstance(command, Invoke | Get):
            yield from self._action(command)

    def _instance(self, name: str) -> Instance:
        return self.instances[name]

    def _load(self, source: ModuleSource) -> LoadedModule:
        """Load a module by the route: binary means to encode a text and decode it again."""
        if source.binary is not None:
            return self.engine.load(source.binary, self.features)
        module = source.load()
        if self.route == "binary":
            return self.engine.load(encode(module), self.features)
        return self.engine.load(module, self.features)

    def _instantiate(self, module: LoadedModule, name: str) -> Generator[None, None, Instance]:
        imports: Imports = {
            (item.module, item.name): self.registered[item.module][item.name]
            for item in module.imports
            if item.name in self.registered.get(item.module, {})
        }
        instance = self.engine.instantiate(module, imports, store=self.store, name=name)
        if instance.start_function is not None:
            yield from self._drive(drive(instance.start(instance.start_function), Meter(_QUANTUM)))
        self.instances[""] = instance
        if name:
            self.instances[name] = instance
        return instance

    # Threads

    def _start_thread(self, command: StartThread) -> None:
        thread = ScriptRunner(self.engine, self.route, self.features, self.result)
        thread.store = self.store
        thread.is_thread = True
        for name in command.shared:
            thread.instances[name] = self.instances[name]
            thread.instances[""] = self.instances[name]
        thread.registered = {"spectest": thread.registered["spectest"]}
        self.threads[command.name] = thread.run(command.commands)

    def _turn(self, name: str) -> bool:
        """Let one thread go on; whether it has not ended."""
        try:
            next(self.threads[name])
        except StopIteration:
            return False
        return True

    def turn_threads(self) -> None:
        """Let every thread go on a little."""
        for name in self.threads:
            self._turn(name)

    # Actions

    def _drive(self, driver: Drive) -> Generator[None, None, tuple[object, ...]]:
        """Run a driver to its end, with turns for other threads between."""
        while True:
            try:
                request = driver.send(None)
            except StopIteration as end:
                values: tuple[object, ...] = end.value
                return values
            if not isinstance(request, Paused):
                yield from self._wait(request)
            yield

    def _wait(self, operation: Operation) -> Generator[None, None, None]:
        """Perform an operation of a script: only waiting on a memory's address occurs. There is no
        clock, so any time is over after one turn of the other threads.
        """
        if not isinstance(operation, WaitForNotification):
            raise OperationError(f"{type(operation).__name__} has no meaning in a script")
        yield
        turns = 0
        while operation.timeout_ns is None and not operation.waiter.is_notified:
            turns += 1
            if turns > _MOST_TURNS:
                raise OperationError("nobody notifies who waits here")
            yield

    def _action(self, action: Action) -> Generator[None, None, tuple[object, ...]]:
        instance = self._instance(action.module)
        extern = instance.exports[action.name]
        if isinstance(action, Get):
            return (cast("Global", extern).value,)
        arguments = [argument(value) for value in action.arguments]
        execution = instance.start(cast("Function", extern), arguments)
        meter = Meter(_QUANTUM if self.threads else None)
        return (yield from self._drive(drive(execution, meter)))

    def _result_types(self, subject: Action | ModuleSource) -> Sequence[ValueType]:
        """The types of what an action gives; a module's instantiation gives nothing."""
        if isinstance(subject, ModuleSource):
            return ()
        extern = self._instance(subject.module).exports[subject.name]
        if isinstance(subject, Get):
            return (cast("Global", extern).type.value,)
        return cast("Function", extern).type.results

    # Assertions

    def _assertion(self, command: Assertion, line: int) -> Generator[None, None, None]:
        try:
            if isinstance(command.subject, ModuleSource):
                module = self._subject(command)
                if module is not None:
                    yield from self._instantiate(module, "")
                values: tuple[object, ...] = ()
            else:
                values = yield from self._action(command.subject)
        except Exception as error:  # noqa: BLE001 - a fault of ours fails this assertion only
            self._note(line, command.kind, self._judge(command, error))
            return
        if command.kind != "assert_return":
            self._note(line, command.kind, f"expected {command.message!r}, but it succeeded")
            return
        types = self._result_types(command.subject)
        agrees = len(values) == len(command.results) == len(types) and all(
            map(matches, values, command.results, types)
        )
        complaint = "" if agrees else f"expected {command.results}, got {values}"
        self._note(line, command.kind, complaint)

    def _subject(self, command: Assertion) -> LoadedModule | None:
        """Load the module of an assertion; None if loading it was all that was asked."""
        assert isinstance(command.subject, ModuleSource)
        if command.kind.startswith("assert_malformed"):
            if command.subject.binary is None:
                command.subject.load()
            else:
                self.engine.load(command.subject.binary, self.features)
            return None
        if command.kind == "assert_invalid_custom":
            module = command.subject.load()
            if self.route == "binary":
                module = decode(encode(module), self.features)
            check_branch_hints(module)
            return None
        loaded = self._load(command.subject)
        return None if command.kind == "assert_invalid" else loaded

    def _judge(self, command: Assertion, error: Exception) -> str:
        """The complaint about how an assertion ended; "" if that was expected."""
        expected = _EXPECTED.get(command.kind, ())
        if not isinstance(error, expected):
            return f"expected {command.kind} {command.message!r}, got {error!r}: {error}"
        if not str(error).startswith(command.message):
            return f"expected {command.message!r}, got {error}"
        return ""
