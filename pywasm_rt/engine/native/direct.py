"""Calls of functions whose parameters and results are numbers, with little around them.

``native/boundary.c`` is the other side: it hands numbers to the C core as they are, and answers
host functions that do not wait. What happens seldom (a trap, a host function that waits, a wrong
argument) comes here and is left to an :class:`~pywasm_rt.engine.native.execution.Execution`, which
takes over the same C task.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from types import GeneratorType

from pywasm_rt.engine.interface import HostFunction, Unfinished
from pywasm_rt.engine.native.core import Direct, lib
from pywasm_rt.engine.native.execution import Execution
from pywasm_rt.engine.native.reference import Function
from pywasm_rt.engine.native.store import Line, Store
from pywasm_rt.engine.native.types import function_type
from pywasm_rt.errors import WasmError
from pywasm_rt.wasm.types import F32, F64, I32, I64, FunctionType

__all__ = ["DirectFunction", "become_direct"]

_NUMBERS = (I32, I64, F32, F64)


class _Handover(Exception):
    """The call goes on in an execution, where ``reply`` answers the host call that waits."""

    def __init__(self, reply: Callable[[], object]) -> None:
        super().__init__()
        self.reply = reply


class DirectFunction(Direct, Function):
    """A function that is called in the short way; all methods here are for that. ``store`` None is
    that of its instance.
    """

    __slots__ = ()

    def line_of(self, store: Store | None) -> object:
        """A line of a store that has none left. Raises ExhaustionError."""
        return self._store(store).line()

    def _store(self, store: Store | None) -> Store:
        found: Store = self.instance.store if store is None else store
        return found

    def implementation_of(self, handle: int) -> Callable[..., object]:
        """What is called for a host function. It is kept as long as the domain."""
        root = self.domain.root
        host = root.objects[handle]
        assert isinstance(host, HostFunction), "functions without code are the host's"
        root.kept.append(host.implementation)
        return host.implementation

    def settle(self, answer: object) -> object:
        """What a generator answers that ends without waiting. All other answers that are no
        numbers are for an execution: raises :class:`_Handover`.
        """
        if not isinstance(answer, GeneratorType):
            raise _Handover(lambda: answer)
        try:
            request = next(answer)
        except StopIteration as end:
            return end.value
        raise _Handover(lambda: _continued(request, answer))

    def look(self) -> None:
        """Nothing: Python looks at its signals, and lets others run, where a function begins."""

    def hand_over(
        self,
        store: Store | None,
        arguments: Sequence[object],
        error: BaseException | None,
        line: Line | None,
    ) -> Unfinished:
        """What becomes of a call that has ended with ``error``, or that cannot go on in its line.
        Without a line it has not begun.
        """
        if line is None:
            return Unfinished(Execution(self.instance, self, arguments), None, 0)
        store, task = self._store(store), line.task
        lib.wr_direct_leave(task)
        reply: Callable[[], object] | None = None
        if error is None and not (task.depth or task.fuel_spent):
            # It has not begun: there is something to say about the arguments.
            store.lines.append(line)
            return Unfinished(Execution(self.instance, self, arguments), None, 0)
        if isinstance(error, _Handover):
            reply = error.reply
        elif error is not None:
            if not (task.is_unanswered and isinstance(error, WasmError | OSError | RecursionError)):
                store.lines.append(line)
                try:
                    raise error
                finally:
                    error = None  # it knows this frame
            reply = _raising(error)
        execution = Execution(self.instance, self, (), store=store, begun=task)
        return Unfinished(execution, reply, task.nesting)


def _raising(error: BaseException) -> Callable[[], object]:
    def reply() -> object:
        raise error

    return reply


def become_direct(function: Function) -> bool:
    """Make a function one that is called in the short way. False if that cannot be: it is one of
    the host's, or values are no numbers, or there are many.
    """
    if function.host is not None or not _is_direct(function_type(function.number)):
        return False
    function.use(function.instance.store.lines)
    function.__class__ = DirectFunction
    return True


def _is_direct(type: FunctionType) -> bool:
    return (
        len(type.parameters) <= lib.WR_DIRECT_VALUES
        and len(type.results) <= lib.WR_DIRECT_VALUES
        and all(value in _NUMBERS for value in (*type.parameters, *type.results))
    )


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
