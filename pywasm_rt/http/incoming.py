"""Functions that answer requests themselves: components with ``wasi:http/incoming-handler``."""

from __future__ import annotations

from pywasm_rt.app.application import Application
from pywasm_rt.app.definitions import (
    Surroundings,
    context_of_guest,
    engine_limits,
    process_options,
)
from pywasm_rt.app.kinds import FunctionConfiguration
from pywasm_rt.app.program import Program
from pywasm_rt.component.component import Component
from pywasm_rt.http.component_handler import INTERFACE, HandlerProgram
from pywasm_rt.process.interface import ProcessDefinition

__all__ = ["incoming_definitions", "is_incoming_handler"]


def is_incoming_handler(program: Program) -> bool:
    """Whether a program's method is ``handle`` of the interface."""
    interface, _, name = program.method.rpartition("#")
    return interface.partition("@")[0] == INTERFACE and name == "handle"


def incoming_definitions(
    application: Application, surroundings: Surroundings
) -> dict[str, ProcessDefinition]:
    """How to start functions that answer requests themselves; their argument is the exchange."""
    found: dict[str, ProcessDefinition] = {}
    for entry in application.entries.values():
        program = application.resources.programs.get(entry.id)
        if entry.id in application.unusable or program is None:
            continue
        if not isinstance(entry.config, FunctionConfiguration) or not is_incoming_handler(program):
            continue
        assert isinstance(program.code, Component), "only components have interfaces"
        handler = HandlerProgram(
            program.code,
            surroundings.engine,
            context_of_guest(entry, application.resources, surroundings),
            engine_limits(entry.limits),
            process_options(entry),
            program.granted,
        )
        found[entry.id] = handler.definition()
    return found
