"""Calls of functions whose parameters and results are numbers, with little around them.

``native/direct.h`` is the other side. For each function type a subclass of
:class:`~pywasm_rt.engine.native.reference.Function` is made whose methods are written for that
type: they hand numbers to the C core as they are, and answer host functions that do not wait. What
happens seldom (a trap, a host function that waits, a wrong argument) is left to an
:class:`~pywasm_rt.engine.native.execution.Execution`, which takes over the same C task.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Generator, Sequence
from functools import cache
from struct import Struct
from types import CodeType, GeneratorType
from typing import Any

from pywasm_rt.engine.interface import HostFunction, Unfinished
from pywasm_rt.engine.native.core import lib
from pywasm_rt.engine.native.execution import Execution
from pywasm_rt.engine.native.reference import Function
from pywasm_rt.engine.native.store import Line, Store
from pywasm_rt.engine.native.types import function_type
from pywasm_rt.errors import WasmError
from pywasm_rt.operations import Operation
from pywasm_rt.wasm.types import F32, F64, I32, I64, FunctionType, ValueType

__all__ = ["DirectFunction", "become_direct"]

Answerer = Callable[[Line], int]

_MOST = 16
# So many integers are passed to C one by one.
_FEW = 4
_MASK_64 = (1 << 64) - 1
_EVENT_MASK = (1 << lib.WR_DIRECT_HANDLE_BIT) - 1
_REFUSED = ~lib.WR_DIRECT_REFUSED
_SLICE = ~lib.WR_EVENT_SLICE
_INTEGERS = (I32, I64)
_NUMBERS = (I32, I64, F32, F64)


class _Handover(Exception):
    """The call goes on in an execution, where ``reply`` answers the host call that waits."""

    def __init__(self, reply: Callable[[], object] | None = None) -> None:
        super().__init__()
        self.reply = reply


class DirectFunction(Function):
    """A function that can be called in the short way."""

    __slots__ = ()

    def hand_over(
        self, store: Store, line: Line, arguments: Sequence[object], error: BaseException
    ) -> tuple[object, ...] | Unfinished:
        """What becomes of a call that ended with ``error`` here."""
        task = line.task
        lib.wr_direct_leave(task)
        if isinstance(error, _Handover) and not (task.depth or task.fuel_spent):
            # It has not begun: there is something to say about the arguments.
            store.lines.append(line)
            return Unfinished(Execution(self.instance, self, arguments), None, 0)
        reply: Callable[[], object] | None
        if isinstance(error, _Handover):
            reply = error.reply
        elif task.is_unanswered and isinstance(error, WasmError | OSError | RecursionError):
            reply = _raising(error)
        else:
            store.lines.append(line)
            raise error
        execution = Execution(self.instance, self, (), store=store, begun=task)
        return Unfinished(execution, reply, task.nesting)


def _raising(error: BaseException) -> Callable[[], object]:
    def reply() -> object:
        raise error

    return reply


def _find_answerer(function: Function, word: int) -> Answerer:
    """How a word that is no result is dealt with, where that is not known yet."""
    handle = ~word >> lib.WR_DIRECT_HANDLE_BIT
    if word == _SLICE:
        return _go_on
    if ~word & _EVENT_MASK != lib.WR_EVENT_HOST_CALL or not handle:
        raise _Handover

    def build_and_answer(line: Line) -> int:
        host = function.domain.root.objects[handle]
        assert isinstance(host, HostFunction), "functions without code are the host's"
        type = function_type(line.task.callee.type)
        answerer = function.answerers[word] = _answerer(type, host)
        return answerer(line)

    return build_and_answer


def _go_on(line: Line) -> int:
    word: int = lib.wr_direct_go(line.task)
    return word


# Source code for a type


def _checks(types: Sequence[ValueType], names: Sequence[str]) -> str:
    """A condition: values are numbers as Python has them (no subclasses)."""
    checks = [
        f"{name}.__class__ is int"
        if type in _INTEGERS
        else f"({name}.__class__ is float or {name}.__class__ is int)"
        for type, name in zip(types, names, strict=True)
    ]
    return " and ".join(checks) or "True"


def _packer(types: Sequence[ValueType]) -> Struct:
    return Struct("<" + "".join("q" if type in _INTEGERS else "d" for type in types))


def _unpacker(types: Sequence[ValueType]) -> Struct:
    return Struct("<" + "".join("Q" if type in _INTEGERS else "d" for type in types))


def _view(type: ValueType) -> str:
    return "words" if type in _INTEGERS else "floats"


def _results(types: Sequence[ValueType]) -> tuple[str, str]:
    """Expressions for the results, as a value and as a tuple."""
    if not types:
        return "None", "()"
    if len(types) == 1:
        value = "word" if types[0] is I32 else f"line.{_view(types[0])}[0]"
        return value, f"({value},)"
    return "unpack(line.words)", "unpack(line.words)"


_CLASS = """
def __call__({names}):
    if not ({checks}):
        return finish(self, ({arguments}))
    try:
        line = self.lines.pop()
    except IndexError:
        line = self.instance.store.line()
    try:
        try:
            {begin}
        except (OverflowError, StructError):
            self.lines.append(line)
            return finish(self, ({arguments}))
        while word < 0:
            try:
                answerer = self.answerers[word]
            except KeyError:
                answerer = find(self, word)
            word = answerer(line)
        result = {value}
    except BaseException as error:
        reason = error
    else:
        self.lines.append(line)
        return result
    try:
        return finish(self, ({arguments}), line, reason)
    finally:
        reason = None

def attempt(self, store, arguments):
    if len(arguments) != {count}:
        return start(self, arguments)
    {unpack_arguments}
    if not ({checks}):
        return start(self, arguments)
    try:
        line = store.lines.pop()
    except IndexError:
        line = store.line()
    try:
        try:
            {begin}
        except (OverflowError, StructError):
            store.lines.append(line)
            return start(self, arguments)
        while word < 0:
            try:
                answerer = self.answerers[word]
            except KeyError:
                answerer = find(self, word)
            word = answerer(line)
        result = {values}
    except BaseException as error:
        reason = error
    else:
        store.lines.append(line)
        return result
    try:
        return self.hand_over(store, line, arguments, reason)
    finally:
        reason = None
"""

_ANSWERER = """
def answer(line):
    result = implementation({arguments})
    if {checks}:
        try:
            {store}
            if word != {refused}:
                return word
        except (OverflowError, StructError):
            pass
    return otherwise(line, result)
"""


def _start(function: Function, arguments: Sequence[object]) -> Unfinished:
    return Unfinished(Execution(function.instance, function, arguments), None, 0)


def _finish(
    function: DirectFunction,
    arguments: Sequence[object],
    line: Line | None = None,
    error: BaseException | None = None,
) -> object:
    """The result of a call that did not go the short way."""
    store = function.instance.store
    if line is None:
        found: tuple[object, ...] | Unfinished = _start(function, arguments)
    else:
        assert error is not None, "something has happened"
        found = function.hand_over(store, line, arguments, error)
    return function.unwrap(found)


def become_direct(function: Function) -> bool:
    """Make a function one that is called in the short way. False if that cannot be: it is one of
    the host's, or values are no numbers, or there are many.
    """
    direct = None if function.host is not None else _direct_class(function.number)
    if direct is None:
        return False
    function.lines = function.instance.store.lines
    function.answerers = function.domain.answerers
    function.__class__ = direct
    return True


def _direct_class(number: int) -> type[Function] | None:
    if number not in _classes:
        type = function_type(number)
        _classes[number] = _make_class(type) if _is_direct(type) else None
    return _classes[number]


_classes: dict[int, type[Function] | None] = {}


def _is_direct(type: FunctionType) -> bool:
    return (
        len(type.parameters) <= _MOST
        and len(type.results) <= _MOST
        and all(value in _NUMBERS for value in (*type.parameters, *type.results))
    )


def _make_class(type: FunctionType) -> type[Function]:
    names = [f"argument_{k}" for k in range(len(type.parameters))]
    arguments = "".join(f"{name}, " for name in names)
    is_short = len(names) <= _FEW and all(value in _INTEGERS for value in type.parameters)
    if is_short:
        begin = f"word = call(line.task, self.pointer, {arguments})"
    else:
        begin = f"pack(line.words, 0, {arguments}); word = call(line.task, self.pointer)"
    value, values = _results(type.results)
    source = _CLASS.format(
        names="".join(f"{name}, " for name in ["self", *names]) + "/",
        checks=_checks(type.parameters, names),
        arguments=arguments,
        count=len(names),
        unpack_arguments=f"{arguments} = arguments" if names else "",
        begin=begin,
        value=value,
        values=values,
    )
    methods: dict[str, Any] = {
        "call": getattr(lib, f"wr_direct_call_{len(names)}") if is_short else lib.wr_direct_call,
        "pack": _packer(type.parameters).pack_into,
        "unpack": _unpacker(type.results).unpack_from,
        "StructError": struct.error,
        "find": _find_answerer,
        "start": _start,
        "finish": _finish,
    }
    exec(source, methods)
    body = {"__slots__": (), "__call__": methods["__call__"], "attempt": methods["attempt"]}
    return _new_class("Function", (DirectFunction,), body)


_new_class = type


@cache
def _compiled(source: str) -> CodeType:
    """Source as code; there are as many as there are types of host functions."""
    return compile(source, __file__, "exec")


def _answerer(type: FunctionType, host: HostFunction) -> Answerer:
    """How a host function is called and answered."""
    parameters, results = type.parameters, type.results
    checks, store = _result_code(results)
    if len(parameters) <= 2:
        arguments = ", ".join(f"line.{_view(t)}[{k}]" for k, t in enumerate(parameters))
    else:
        arguments = "*unpack(line.words)"
    source = _ANSWERER.format(arguments=arguments, checks=checks, store=store, refused=_REFUSED)
    scope: dict[str, Any] = {
        "implementation": host.implementation,
        "unpack": _unpacker(parameters).unpack_from,
        "pack": _packer(results).pack_into,
        "answer_0": lib.wr_direct_answer_0,
        "answer_1": lib.wr_direct_answer_1,
        "answer_all": lib.wr_direct_answer,
        "StructError": struct.error,
        "otherwise": _otherwise(results),
    }
    exec(_compiled(source), scope)
    answerer: Answerer = scope["answer"]
    return answerer


def _result_code(types: Sequence[ValueType]) -> tuple[str, str]:
    """When an answer is a plain one, and how it is passed."""
    if not types:
        return "result is None", "word = answer_0(line.task)"
    if len(types) > 1:
        names = [f"result[{k}]" for k in range(len(types))]
        checks = f"result.__class__ is tuple and len(result) == {len(types)} and "
        store = "pack(line.words, 0, *result); word = answer_all(line.task)"
        return checks + _checks(types, names), store
    if types[0] in _INTEGERS:
        return "result.__class__ is int", "word = answer_1(line.task, result)"
    store = "line.floats[0] = result; word = answer_all(line.task)"
    return "result.__class__ is float", store


def _otherwise(types: Sequence[ValueType]) -> Callable[[Line, object], int]:
    """What to do with an answer that is no plain one."""

    def otherwise(line: Line, result: object) -> int:
        if isinstance(result, GeneratorType):
            try:
                request = next(result)
            except StopIteration as end:
                result = end.value
            else:
                raise _Handover(lambda: _continued(request, result))
        numbers = [result] if len(types) == 1 else result
        if not types:
            if result is None or result == ():
                return int(lib.wr_direct_answer_0(line.task))
        elif not isinstance(result, Operation) and _put(types, line, numbers):
            word = int(lib.wr_direct_answer(line.task))
            if word != _REFUSED:
                return word
        raise _Handover(lambda: result)

    return otherwise


def _put(types: Sequence[ValueType], line: Line, numbers: object) -> bool:
    """Put numbers into a line's exchange; whether that is what they are."""
    if not isinstance(numbers, tuple | list) or len(numbers) != len(types):
        return False
    for index, (type, number) in enumerate(zip(types, numbers, strict=True)):
        if type in _INTEGERS:
            bits = 32 if type is I32 else 64
            if not isinstance(number, int) or not -(1 << bits - 1) <= number < 1 << bits:
                return False
            line.words[index] = int(number) & _MASK_64
        else:
            if not isinstance(number, int | float):
                return False
            try:
                line.floats[index] = float(number)
            except OverflowError:
                return False
    return True


def _continued(
    request: object, generator: Generator[object, object, object]
) -> Generator[object, object, object]:
    """A generator that has been asked for its first request already."""
    while True:
        try:
            answer = yield request
        except GeneratorExit:
            generator.close()
            raise
        except BaseException as error:  # noqa: BLE001 - it is the generator's
            try:
                request = generator.throw(error)
            except StopIteration as end:
                return end.value
        else:
            try:
                request = generator.send(answer)
            except StopIteration as end:
                return end.value
