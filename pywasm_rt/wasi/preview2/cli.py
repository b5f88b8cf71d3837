"""``wasi:cli`` 0.2.12: what a command finds when it starts, and how it ends."""

from __future__ import annotations

from typing import NoReturn

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.types import ResourceType
from pywasm_rt.component.values import Err, Ok
from pywasm_rt.errors import GuestExit
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import (
    INPUT_STREAM,
    OUTPUT_STREAM,
    TERMINAL_INPUT,
    TERMINAL_OUTPUT,
    Terminal,
)

__all__ = ["cli_interfaces"]

_VERSION = "0.2.12"


def _exit(status: Ok | Err) -> NoReturn:
    raise GuestExit(0 if isinstance(status, Ok) else 1)


def _exit_with_code(code: int) -> NoReturn:
    raise GuestExit(code)


def _stream(name: str, stream: object, kind: str, resource: ResourceType) -> HostInterface:
    return HostInterface(
        name=f"wasi:cli/{name}",
        version=_VERSION,
        functions={f"get-{name}": lambda: stream},
        resources={kind: resource},
    )


def _terminal(name: str, exists: bool, kind: str, resource: ResourceType) -> HostInterface:
    return HostInterface(
        name=f"wasi:cli/terminal-{name}",
        version=_VERSION,
        functions={f"get-terminal-{name}": lambda: Terminal() if exists else None},
        resources={kind: resource},
    )


def cli_interfaces(context: WasiContext) -> list[HostInterface]:
    """All of ``wasi:cli`` but ``run``, which guests export."""
    terminals = context.terminals
    environment = HostInterface(
        name="wasi:cli/environment",
        version=_VERSION,
        functions={
            "get-environment": lambda: list(context.environment_pairs),
            "get-arguments": lambda: list(context.argument_list),
            "initial-cwd": lambda: context.cwd,
        },
    )
    exit_interface = HostInterface(
        name="wasi:cli/exit",
        version=_VERSION,
        functions={"exit": _exit, "exit-with-code": _exit_with_code},
    )
    terminal_types = [
        HostInterface(name=f"wasi:cli/{kind}", version=_VERSION, resources={kind: resource})
        for kind, resource in (
            ("terminal-input", TERMINAL_INPUT),
            ("terminal-output", TERMINAL_OUTPUT),
        )
    ]
    return [
        environment,
        exit_interface,
        _stream("stdin", context.stdin_stream, "input-stream", INPUT_STREAM),
        _stream("stdout", context.stdout_stream, "output-stream", OUTPUT_STREAM),
        _stream("stderr", context.stderr_stream, "output-stream", OUTPUT_STREAM),
        *terminal_types,
        _terminal("stdin", terminals.stdin, "terminal-input", TERMINAL_INPUT),
        _terminal("stdout", terminals.stdout, "terminal-output", TERMINAL_OUTPUT),
        _terminal("stderr", terminals.stderr, "terminal-output", TERMINAL_OUTPUT),
    ]
