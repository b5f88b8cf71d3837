"""The functions through which a core module is a process among others: ``pywasm_rt_actor``.

Texts and data are pairs of address and length, texts in UTF-8. A function that gives something
takes an address and a capacity, writes as much as fits, and returns the length of the whole.
Functions that may fail return 0, or less than 0: see :class:`Status`. All values are i32 but the
timeout, an i64.

``self(to, capacity) -> length``
    This process's PID.
``send(target*, topic*, format, data*) -> status``
    Formats are 0 bytes, 1 text, 2 json. (``*`` stands for address and length.)
``receive(what, timeout_ns) -> kind``
    Wait for mail: 1 messages, 2 events, 3 both; a timeout below 0 is none. Kinds are 0 nothing in
    time, 1 message, 2 exit, 3 link down, 4 cancel, 5 outdated.
``mail(part, to, capacity) -> length``
    Of what was received last. Part 0 is its sender; 1 its topic, an error's message, a reason, or
    the sources, one a line; 2 + n its n-th payload, or the result.
``mail_format(part) -> format``
    The format of such a part; -1 if there is none.
``mail_failed() -> 0 or 1``
    Whether who has ended had failed.
``spawn(entry*, host*, json*, flags, to, capacity) -> length or status``
    The arguments are a JSON array, or empty. Flags are 1 monitored, 2 linked. Gives the PID. An
    empty host is this process's own.
``relate(action, target*) -> status``
    0 monitor, 1 unmonitor, 2 link, 3 unlink, 4 terminate, 5 cancel.
``register(name*)``, ``unregister(name*) -> status``, ``lookup(name*, to, capacity) -> length``
    Names of processes.
``option(which, yes) -> status``
    0 trap links, 1 upgradable.
``upgrade(entry*, json*) -> status``
    Go on as another entry under the same PID; returns only if that fails.
``error_message(to, capacity) -> length``
    The last failure in words.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Generator
from types import GeneratorType
from typing import Any

from pywasm_rt.engine.interface import HostFunction, Instance, Memory
from pywasm_rt.errors import LinkError, ProcessError, ProcessErrorKind, Trap, TrapCode
from pywasm_rt.operations import Operation
from pywasm_rt.process.actor.payloads import FORMATS, from_guest, to_guest
from pywasm_rt.process.interface import (
    Cancel,
    Exit,
    LinkDown,
    Message,
    Outdated,
    ProcessContext,
)
from pywasm_rt.process.mailbox import Mail
from pywasm_rt.process.operations import (
    CancelProcess,
    Link,
    LookupName,
    Monitor,
    Receive,
    RegisterName,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
)
from pywasm_rt.wasm.types import I32, I64, FunctionType

__all__ = ["MODULE_NAME", "CoreActor", "Status"]

MODULE_NAME = "pywasm_rt_actor"

_MESSAGES, _EVENTS = 1, 2
_MONITORED, _LINKED = 1, 2
_FIRST_PAYLOAD = 2
_SIGN = 1 << 63
Asking = Generator[Operation, Any, int]


class Status(enum.IntEnum):
    """Why a function failed."""

    OK = 0
    INVALID = -1
    NOT_FOUND = -2
    ALREADY_EXISTS = -3
    DENIED = -4
    OVERLOAD = -5
    UNAVAILABLE = -6
    FAILED = -7


_STATUS = {
    ProcessErrorKind.INVALID: Status.INVALID,
    ProcessErrorKind.NOT_FOUND: Status.NOT_FOUND,
    ProcessErrorKind.ALREADY_EXISTS: Status.ALREADY_EXISTS,
    ProcessErrorKind.PERMISSION_DENIED: Status.DENIED,
    ProcessErrorKind.RATE_LIMITED: Status.OVERLOAD,
    ProcessErrorKind.UNAVAILABLE: Status.UNAVAILABLE,
}
_KINDS: dict[type, int] = {Message: 1, Exit: 2, LinkDown: 3, Cancel: 4, Outdated: 5}
_ACTIONS: tuple[Callable[[str], Operation], ...] = (
    Monitor,
    Unmonitor,
    Link,
    Unlink,
    TerminateProcess,
    CancelProcess,
)

# Parameters: i is an i32, I an i64; every function gives an i32.
_SIGNATURES = {
    "self": "ii",
    "send": "iiiiiii",
    "receive": "iI",
    "mail": "iii",
    "mail_format": "i",
    "mail_failed": "",
    "spawn": "iiiiiiiii",
    "relate": "iii",
    "register": "ii",
    "unregister": "ii",
    "lookup": "iiii",
    "option": "ii",
    "upgrade": "iiii",
    "error_message": "ii",
}


_METHODS = {"mail": "_mail_part"}


class CoreActor:
    """The functions for one instance of a core module.

    ``imports`` go into the instantiation; :meth:`bind` is to be called after it.
    """

    def __init__(self, context: ProcessContext) -> None:
        self._context = context
        self._memory: Memory | None = None
        self._mail: Mail | None = None
        self._error = ""
        types = {"i": I32, "I": I64}
        self.imports: dict[tuple[str, str], HostFunction] = {}
        for name, letters in _SIGNATURES.items():
            type = FunctionType(tuple(types[letter] for letter in letters), (I32,))
            body = self._guarded(getattr(self, _METHODS.get(name, f"_{name}")))
            self.imports[MODULE_NAME, name] = HostFunction(type, body, name)

    def bind(self, instance: Instance) -> None:
        """Use the memory that ``instance`` exports as ``memory``. Raises LinkError."""
        memory = instance.exports.get("memory")
        if memory is None or not hasattr(memory, "size_bytes"):
            message = f"a module that uses {MODULE_NAME} has to export its memory as memory"
            raise LinkError(message)
        self._memory = memory  # type: ignore[assignment]

    # Failures and memory.

    def _guarded(self, body: Callable[..., object]) -> Callable[..., object]:
        """A body whose ProcessErrors become statuses."""

        def call(*arguments: int) -> object:
            try:
                result = body(*arguments)
            except ProcessError as error:
                return self._failed(error)
            return self._waiting(result) if isinstance(result, GeneratorType) else result

        return call

    def _waiting(self, body: Generator[Operation, Any, Any]) -> Asking:
        try:
            result = yield from body
        except ProcessError as error:
            return self._failed(error)
        return int(result or Status.OK)

    def _failed(self, error: ProcessError) -> int:
        self._error = str(error)
        return int(_STATUS.get(error.kind, Status.FAILED))

    def _bounded(self, address: int, count: int) -> Memory:
        memory = self._memory
        if memory is None:
            message = "a function of the actor was called before the module's memory was there"
            raise Trap(TrapCode.HOST, message)
        address, count = address & 0xFFFF_FFFF, count & 0xFFFF_FFFF
        if address + count > memory.size_bytes:
            raise Trap(TrapCode.MEMORY_OUT_OF_BOUNDS, address=address, count=count)
        return memory

    def _bytes(self, address: int, count: int) -> bytes:
        memory = self._bounded(address, count)
        return memory.read(address & 0xFFFF_FFFF, count & 0xFFFF_FFFF)

    def _text(self, address: int, count: int) -> str:
        try:
            return self._bytes(address, count).decode()
        except UnicodeDecodeError:
            raise ProcessError("the text is not UTF-8", ProcessErrorKind.INVALID) from None

    def _give(self, data: bytes, address: int, capacity: int) -> int:
        memory = self._bounded(address, capacity)
        memory.write(address & 0xFFFF_FFFF, data[: capacity & 0xFFFF_FFFF])
        return len(data)

    def _arguments(self, address: int, count: int) -> tuple[object, ...]:
        values = from_guest("json", self._bytes(address, count) or b"[]")
        if not isinstance(values, list):
            raise ProcessError("the arguments are no JSON array", ProcessErrorKind.INVALID)
        return tuple(values)

    # The functions.

    def _self(self, address: int, capacity: int) -> int:
        return self._give(str(self._context.pid).encode(), address, capacity)

    def _error_message(self, address: int, capacity: int) -> int:
        return self._give(self._error.encode("utf-8", "replace"), address, capacity)

    def _send(
        self,
        target: int,
        target_length: int,
        topic: int,
        topic_length: int,
        format: int,
        data: int,
        data_length: int,
    ) -> Asking:
        if not 0 <= format < len(FORMATS):
            raise ProcessError(f"unknown format {format}", ProcessErrorKind.INVALID)
        value = from_guest(FORMATS[format], self._bytes(data, data_length))
        whom, about = self._text(target, target_length), self._text(topic, topic_length)
        return _nothing_of(Send(whom, about, (value,)))

    def _receive(self, what: int, timeout_ns: int) -> Asking:
        if not what & (_MESSAGES | _EVENTS):
            raise ProcessError(
                "neither messages nor events are asked for", ProcessErrorKind.INVALID
            )
        signed = timeout_ns - 2 * _SIGN if timeout_ns >= _SIGN else timeout_ns
        deadline_ns = None if signed < 0 else self._context.clock.now_ns() + signed
        self._mail = yield Receive(
            deadline_ns, messages=bool(what & _MESSAGES), events=bool(what & _EVENTS)
        )
        return 0 if self._mail is None else _KINDS[type(self._mail)]

    def _mail_failed(self) -> int:
        mail = self._mail
        return int(isinstance(mail, Exit | LinkDown) and mail.result.error is not None)

    def _part(self, part: int) -> object:
        """A part of the mail: a value, or None if there is no such part."""
        mail = self._mail
        if part == 0:
            return str(getattr(mail, "sender", None) or "")
        if isinstance(mail, Message):
            index = part - _FIRST_PAYLOAD
            if part == 1:
                return mail.topic
            return mail.payloads[index] if 0 <= index < len(mail.payloads) else None
        if isinstance(mail, Exit | LinkDown):
            error = mail.result.error
            if part == 1:
                return "" if error is None else str(error)
            return mail.result.value if part == _FIRST_PAYLOAD and error is None else None
        if part == 1:
            return mail.reason if isinstance(mail, Cancel) else "\n".join(_sources(mail))
        return None

    def _has_part(self, part: int) -> bool:
        mail = self._mail
        if isinstance(mail, Message):
            return 0 <= part < _FIRST_PAYLOAD + len(mail.payloads)
        ended_well = isinstance(mail, Exit | LinkDown) and mail.result.error is None
        return mail is not None and 0 <= part <= 1 + ended_well

    def _mail_part(self, part: int, address: int, capacity: int) -> int:
        if not self._has_part(part):
            raise ProcessError(f"the mail has no part {part}", ProcessErrorKind.INVALID)
        return self._give(to_guest(self._part(part))[1], address, capacity)

    def _mail_format(self, part: int) -> int:
        if not self._has_part(part):
            return -1
        return FORMATS.index(to_guest(self._part(part))[0])

    def _spawn(
        self,
        entry: int,
        entry_length: int,
        host: int,
        host_length: int,
        arguments: int,
        arguments_length: int,
        flags: int,
        address: int,
        capacity: int,
    ) -> Asking:
        self._bounded(address, capacity)
        pid = yield Spawn(
            self._text(entry, entry_length),
            self._text(host, host_length) or self._context.host_id,
            self._arguments(arguments, arguments_length),
            bool(flags & _MONITORED),
            bool(flags & _LINKED),
            values=self._context.values,
        )
        return self._give(str(pid).encode(), address, capacity)

    def _relate(self, action: int, target: int, length: int) -> Asking:
        if not 0 <= action < len(_ACTIONS):
            raise ProcessError(f"unknown action {action}", ProcessErrorKind.INVALID)
        return _nothing_of(_ACTIONS[action](self._text(target, length)))

    def _register(self, name: int, length: int) -> Asking:
        return _nothing_of(RegisterName(self._text(name, length)))

    def _unregister(self, name: int, length: int) -> Asking:
        return _nothing_of(UnregisterName(self._text(name, length)))

    def _lookup(self, name: int, length: int, address: int, capacity: int) -> Asking:
        pid = yield LookupName(self._text(name, length))
        return self._give(str(pid).encode(), address, capacity)

    def _option(self, which: int, yes: int) -> Asking:
        if which not in {0, 1}:
            raise ProcessError(f"unknown option {which}", ProcessErrorKind.INVALID)
        options = SetOptions(trap_links=bool(yes)) if which == 0 else SetOptions(None, bool(yes))
        return _nothing_of(options)

    def _upgrade(self, entry: int, entry_length: int, arguments: int, length: int) -> Asking:
        values = self._arguments(arguments, length)
        return _nothing_of(UpgradeSelf(self._text(entry, entry_length), values))


def _nothing_of(operation: Operation) -> Asking:
    yield operation
    return 0


def _sources(mail: object) -> tuple[str, ...]:
    return mail.sources if isinstance(mail, Outdated) else ()
