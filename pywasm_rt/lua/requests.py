"""What a script asks for, as operations: one builder for each kind that the prelude knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pywasm_rt.errors import EngineBug, ProcessError, ProcessErrorKind
from pywasm_rt.lua.wire import decode
from pywasm_rt.operations import Operation, Sleep
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    Link,
    Monitor,
    Receive,
    Send,
    SetOptions,
    Spawn,
    Subscribe,
    TerminateProcess,
    Unlink,
    Unmonitor,
)
from pywasm_rt.process.pid import PID

__all__ = ["operation_for"]


def operation_for(
    kind: str, arguments: list[Any], now_ns: int, values: Mapping[str, object]
) -> Operation:
    """The operation of a request. ``values`` are for the contexts of processes it starts.

    Raises ProcessError (Invalid) for arguments that are none, such as a text that is not a PID.
    """
    builder = _BUILDERS.get(kind)
    if builder is None:
        raise EngineBug(f"the Lua prelude asked for {kind!r}")
    return builder(arguments, now_ns, values)


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    raise ProcessError("the text is not UTF-8", ProcessErrorKind.INVALID)


def _list(data: str | bytes) -> tuple[Any, ...]:
    """A list that Lua encoded on its own; as a string in a list it may have become text."""
    return tuple(decode(data if isinstance(data, bytes) else data.encode()))


def _sleep(arguments: list[Any], now_ns: int, _: Mapping[str, object]) -> Operation:
    return Sleep(now_ns + max(0, arguments[0]))


def _spawn(arguments: list[Any], _: int, values: Mapping[str, object]) -> Operation:
    entry_id, host_id, data, monitored, linked = arguments
    return Spawn(_text(entry_id), _text(host_id), _list(data), monitored, linked, values=values)


def _exec(arguments: list[Any], _: int, values: Mapping[str, object]) -> Operation:
    entry_id, host_id, data = arguments[:3]
    return Exec(_text(entry_id), _text(host_id), _list(data), values=values)


def _send(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    target, topic, data = arguments
    return Send(PID.parse(_text(target)), _text(topic), _list(data))


def _receive(arguments: list[Any], now_ns: int, _: Mapping[str, object]) -> Operation:
    kind, nanoseconds = arguments
    deadline_ns = None if nanoseconds is False else now_ns + max(0, nanoseconds)
    return Receive(deadline_ns, messages=kind != "events", events=kind != "messages")


def _cancel(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    target, reason = arguments
    return CancelProcess(PID.parse(_text(target)), _text(reason))


def _on_target(
    type_: Callable[[PID], Operation],
) -> Callable[[list[Any], int, Mapping[str, object]], Operation]:
    return lambda arguments, _, __: type_(PID.parse(_text(arguments[0])))


_BUILDERS: dict[str, Callable[[list[Any], int, Mapping[str, object]], Operation]] = {
    "sleep": _sleep,
    "spawn": _spawn,
    "exec": _exec,
    "send": _send,
    "receive": _receive,
    "subscribe": lambda _, __, ___: Subscribe(),
    "monitor": _on_target(Monitor),
    "unmonitor": _on_target(Unmonitor),
    "link": _on_target(Link),
    "unlink": _on_target(Unlink),
    "terminate": _on_target(TerminateProcess),
    "cancel": _cancel,
    "set_options": lambda arguments, _, __: SetOptions(arguments[0]),
}
