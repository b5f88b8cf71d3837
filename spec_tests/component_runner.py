"""Runs the commands of one component script on one engine.

Messages count as expected if they contain the script's text, as in the runner that the official
component suite is written for.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pywasm_rt.component.binary import decode, encode
from pywasm_rt.component.component import Component
from pywasm_rt.component.features import ComponentFeatures
from pywasm_rt.component.instance import ComponentFunction, ComponentInstance
from pywasm_rt.component.linker import Linker
from pywasm_rt.component.script import (
    ComponentAssertion,
    ComponentCommand,
    ComponentSource,
    DefineComponent,
    InstantiateComponent,
    InvokeFunction,
)
from pywasm_rt.component.text import parse_script
from pywasm_rt.engine.interface import Engine
from pywasm_rt.errors import (
    DecodeError,
    ExhaustionError,
    GuestException,
    LinkError,
    ParseError,
    Trap,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)
from spec_tests.component_values import agrees, value_of
from spec_tests.runner import FileResult, Outcome

__all__ = ["ComponentScriptRunner", "run_component_file"]

_EXPECTED: dict[str, tuple[type[WasmError], ...]] = {
    # What belongs to a proposal that is not there is malformed, with the suite's text in front.
    "assert_malformed": (ParseError, DecodeError, UnsupportedFeature),
    "assert_invalid": (ValidationError,),
    "assert_unlinkable": (LinkError,),
    "assert_trap": (Trap,),
    "assert_exhaustion": (ExhaustionError,),
    "assert_exception": (GuestException,),
}
# The scripts say who found a trap, and have other words for one; a message here is about what was
# found, in the words of the core suite.
_TRAP_PREFIX = "wasm trap: "
_OTHER_WORDS = {"wasm `unreachable` instruction executed": "unreachable"}


def run_component_file(
    path: Path, engine: Engine, route: str, features: ComponentFeatures
) -> FileResult:
    """Run a script. A script that cannot be parsed is one failure."""
    result = FileResult(path)
    try:
        commands = parse_script(path.read_bytes(), features.core, str(path))
    except ParseError as error:
        result.outcomes.append(Outcome(0, "script", passed=False, complaint=str(error)))
        return result
    ComponentScriptRunner(engine, route, features, result).run(commands)
    return result


class ComponentScriptRunner:
    """The state of a script: its components and instances, "" being the latest."""

    def __init__(
        self, engine: Engine, route: str, features: ComponentFeatures, result: FileResult
    ) -> None:
        self.engine = engine
        self.route = route
        self.features = features
        self.result = result
        self.linker = Linker(engine)
        self.definitions: dict[str, Component] = {}
        self.instances: dict[str, ComponentInstance] = {}

    def run(self, commands: Sequence[ComponentCommand]) -> None:
        """Run commands in order, noting the outcome of each assertion."""
        for command in commands:
            line = command.position >> 12
            if isinstance(command, ComponentAssertion):
                self._note(line, command.kind, self._assertion(command))
                continue
            try:
                self._command(command)
            except Exception as error:  # noqa: BLE001 - a fault of ours fails this command only
                self._note(line, type(command).__name__, f"failed: {error!r}: {error}")

    def _note(self, line: int, kind: str, complaint: str) -> None:
        self.result.outcomes.append(Outcome(line, kind, not complaint, complaint))

    def _command(self, command: ComponentCommand) -> None:
        if isinstance(command, DefineComponent):
            name = command.source.name
            component = self._load(command.source)
            self.definitions[name] = self.definitions[""] = component
            if not command.definition:
                self._instantiate(component, name)
        elif isinstance(command, InstantiateComponent):
            if command.definition not in self.definitions:
                raise LookupError(f"no component {command.definition}: what defines it has failed")
            self._instantiate(self.definitions[command.definition], command.instance)
        elif isinstance(command, InvokeFunction):
            self._invoke(command)

    def _load(self, source: ComponentSource) -> Component:
        """Load a component by the route: binary means to encode a text and decode it again."""
        syntax = source.load()
        if self.route == "binary" and source.binary is None:
            syntax = decode(encode(syntax))
        component = Component.from_syntax(syntax, self.features)
        component.load(self.engine)
        return component

    def _instantiate(self, component: Component, name: str) -> None:
        instance = self.linker.instantiate(component)
        self.instances[name] = self.instances[""] = instance

    def _function(self, action: InvokeFunction) -> ComponentFunction:
        if action.instance not in self.instances:
            raise LookupError(f"no instance {action.instance}: what makes it has failed")
        return self.instances[action.instance].function(action.name)

    def _invoke(self, action: InvokeFunction) -> object:
        arguments = [value_of(argument) for argument in action.arguments]
        return self._function(action).call(*arguments)

    def _assertion(self, command: ComponentAssertion) -> str:
        """The complaint about an assertion; "" if it holds."""
        subject = command.subject
        try:
            if isinstance(subject, InvokeFunction):
                value = self._invoke(subject)
                if command.kind == "assert_return":
                    return self._compare(command, self._function(subject), value)
            elif command.kind == "assert_malformed" and subject.binary is None:
                subject.load()
            else:
                component = self._load(subject)
                if command.kind not in ("assert_invalid", "assert_malformed"):
                    self._instantiate(component, "")
        except Exception as error:  # noqa: BLE001 - a fault of ours fails this assertion only
            return _judge(command, error)
        return f"expected {command.kind} {command.message!r}, but it succeeded"

    @staticmethod
    def _compare(command: ComponentAssertion, function: ComponentFunction, value: object) -> str:
        type = function.type.result
        written = command.results[0] if command.results else None
        if type is None or written is None:
            holds = type is None and written is None
        else:
            holds = len(command.results) == 1 and agrees(value, written, type)
        return "" if holds else f"expected {command.results}, got {value!r}"


def _judge(command: ComponentAssertion, error: Exception) -> str:
    """The complaint about how an assertion ended; "" if that was expected."""
    if not isinstance(error, _EXPECTED.get(command.kind, ())):
        return f"expected {command.kind} {command.message!r}, got {error!r}: {error}"
    expected = command.message.removeprefix(_TRAP_PREFIX)
    if _OTHER_WORDS.get(expected, expected) not in str(error):
        return f"expected {command.message!r}, got {error}"
    return ""
