"""What a script asks for, as operations: one builder for each kind that the prelude knows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pywasm_rt.app.functions import call
from pywasm_rt.app.spawning import CONTEXT, context_of
from pywasm_rt.errors import EngineBug, ProcessError, ProcessErrorKind
from pywasm_rt.lua.wire import decode
from pywasm_rt.operations import Operation, Sleep
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    GiveUp,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Send,
    SetOptions,
    Spawn,
    Subscribe,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
)

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


def _values(values: Mapping[str, object], data: str | bytes) -> dict[str, object]:
    """The values of a new process's context: this one's, and what is added."""
    added = _added(data)
    if not added:
        return dict(values)
    return {**values, CONTEXT: {**context_of(values), **added}}


def _added(data: str | bytes) -> dict[str, object]:
    """What ``with_context`` adds."""
    given = _list(data)[0] or {}
    return {name: value for name, value in given.items() if not name.startswith("@")}


def _credentials(data: str | bytes) -> dict[str, Any]:
    """What ``with_actor`` and ``with_scope`` name, and whether a context is added.

    An actor is a text, or a table with one as ``id``; a scope is the ID of a policy, the name of a
    group, or a list of such. Raises ProcessError (Invalid).
    """
    given = _list(data)[0] or {}
    actor, scope = given.get("@actor"), given.get("@scope")
    if isinstance(actor, Mapping):
        actor = actor.get("id")
    if "@actor" in given and not isinstance(actor, str):
        message = "an actor is a text, or a table with a text as id"
        raise ProcessError(message, ProcessErrorKind.INVALID)
    names = [scope] if isinstance(scope, str) else scope
    if "@scope" in given and not (
        isinstance(names, list) and all(isinstance(it, str) for it in names)
    ):
        message = "a scope is the ID of a policy, the name of a group, or a list of such"
        raise ProcessError(message, ProcessErrorKind.INVALID)
    return {
        "actor": actor,
        "scope": None if names is None else tuple(names),
        "adds_context": bool(_added(data)),
    }


def _sleep(arguments: list[Any], now_ns: int, _: Mapping[str, object]) -> Operation:
    return Sleep(now_ns + max(0, arguments[0]))


def _sleep_until(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    return Sleep(arguments[0])


def _spawn(arguments: list[Any], _: int, values: Mapping[str, object]) -> Operation:
    entry_id, host_id, data, context, monitored, linked, name, messages = arguments
    return Spawn(
        _text(entry_id),
        _text(host_id),
        _list(data),
        monitored,
        linked,
        values=_values(values, context),
        name=_text(name),
        messages=tuple((_text(topic), _list(payloads)) for topic, payloads in _list(messages)),
        **_credentials(context),
    )


def _exec(arguments: list[Any], _: int, values: Mapping[str, object]) -> Operation:
    entry_id, host_id, data, context = arguments[:4]
    return Exec(
        _text(entry_id),
        _text(host_id),
        _list(data),
        values=_values(values, context),
        **_credentials(context),
    )


def _call(arguments: list[Any], _: int, values: Mapping[str, object]) -> Operation:
    function_id, data, context, timeout_ns = arguments
    operation = call(_text(function_id), _list(data), _values(values, context))
    bound = None if timeout_ns is False else timeout_ns
    return replace(operation, timeout_ns=bound, **_credentials(context))


def _send(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    target, topic, data = arguments
    return Send(_text(target), _text(topic), _list(data))


def _receive(arguments: list[Any], now_ns: int, _: Mapping[str, object]) -> Operation:
    kind, nanoseconds, topic, others = arguments
    return Receive(
        None if nanoseconds is False else now_ns + max(0, nanoseconds),
        messages=kind != "events",
        events=kind != "messages",
        topic=None if topic is False else _text(topic),
        except_topics=tuple(map(_text, others)),
    )


def _cancel(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    target, reason = arguments
    return CancelProcess(_text(target), _text(reason))


def _register(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    name, target = arguments
    return RegisterName(_text(name), None if target is False else _text(target))


def _upgrade(arguments: list[Any], _: int, __: Mapping[str, object]) -> Operation:
    entry_id, data = arguments
    return UpgradeSelf(_text(entry_id), _list(data))


def _on_target(
    type_: Callable[[str], Operation],
) -> Callable[[list[Any], int, Mapping[str, object]], Operation]:
    return lambda arguments, _, __: type_(_text(arguments[0]))


_BUILDERS: dict[str, Callable[[list[Any], int, Mapping[str, object]], Operation]] = {
    "sleep": _sleep,
    "sleep_until": _sleep_until,
    "spawn": _spawn,
    "exec": _exec,
    "call": _call,
    "send": _send,
    "receive": _receive,
    "subscribe": lambda _, __, ___: Subscribe(),
    "monitor": _on_target(Monitor),
    "unmonitor": _on_target(Unmonitor),
    "link": _on_target(Link),
    "unlink": _on_target(Unlink),
    "terminate": _on_target(TerminateProcess),
    "cancel": _cancel,
    "register": _register,
    "unregister": _on_target(UnregisterName),
    "lookup": _on_target(LookupName),
    "upgrade": _upgrade,
    "give_up": lambda arguments, _, __: GiveUp(arguments[0]),
    "set_options": lambda arguments, _, __: SetOptions(*arguments),
}
