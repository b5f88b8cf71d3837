"""A process written in Python: a generator that yields what it waits for."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.failure import as_process_error
from pywasm_rt.process.interface import (
    Continue,
    Done,
    Failed,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessEvent,
    Step,
    Upgrade,
    Yield,
)

__all__ = ["Body", "GeneratorProcess"]

Body = Callable[..., Generator[Any, Any, object]]


class GeneratorProcess:
    """Runs ``body(context, *arguments)``, a generator function.

    It yields an operation and is sent its result (or has its error thrown in); or a tuple of
    operations, which are performed together, and is sent the list of results, or has the first
    error thrown in when all are done; or ``Continue()``, to let others run; or an ``Upgrade``.
    What it returns is the result of the process.
    """

    def __init__(self, body: Body) -> None:
        self._body = body
        self._generator: Generator[Any, Any, object] | None = None
        self._last_tag = 0
        self._tags: tuple[int, ...] = ()
        self._together = False
        self._results: dict[int, object] = {}
        self._errors: dict[int, Exception] = {}

    def init(
        self,
        context: ProcessContext,
        method: str,  # noqa: ARG002 - a generator function has no methods
        arguments: Sequence[object],
    ) -> None:
        """Make the generator. Raises ProcessError (Invalid) if the arguments do not fit."""
        try:
            self._generator = self._body(context, *arguments)
        except TypeError as error:
            raise ProcessError(str(error), ProcessErrorKind.INVALID) from error

    def step(
        self,
        events: Sequence[ProcessEvent],
        budget: int,  # noqa: ARG002 - Python cannot be stopped on the way; a body yields Continue()
    ) -> Step:
        """Go on, if everything that was asked for is there."""
        generator, tags = self._generator, self._tags
        if len(tags) == 1 == len(events) and not self._together and generator is not None:
            # The usual case, as short as it can be: one answer to one question.
            event = events[0]
            if isinstance(event, OperationCompleted) and event.tag == tags[0]:
                self._tags = ()
                try:
                    return self._step_for(generator.send(event.result))
                except StopIteration as end:
                    return Done(end.value)
                except Exception as error:  # noqa: BLE001 - the body is foreign code
                    return Failed(as_process_error(error))
        for event in events:
            if isinstance(event, OperationCompleted):
                self._results[event.tag] = event.result
            elif isinstance(event, OperationFailed):
                self._errors[event.tag] = event.error
        if any(tag not in self._results and tag not in self._errors for tag in self._tags):
            return Yield(())
        try:
            return self._step_for(self._advance())
        except StopIteration as end:
            return Done(end.value)
        except Exception as error:  # noqa: BLE001 - the body is foreign code: its fault, its end
            return Failed(as_process_error(error))

    def close(self) -> None:
        """Close the generator, so that its ``finally`` clauses run."""
        generator, self._generator = self._generator, None
        if generator is not None:
            generator.close()

    def _advance(self) -> object:
        assert self._generator is not None, "init comes first and close last"
        tags, self._tags = self._tags, ()
        results, self._results = self._results, {}
        errors, self._errors = self._errors, {}
        for tag in tags:
            if tag in errors:
                return self._generator.throw(errors[tag])
        if not tags:
            return self._generator.send(None)
        answers = [results[tag] for tag in tags]
        return self._generator.send(answers if self._together else answers[0])

    def _step_for(self, request: object) -> Step:
        if isinstance(request, Operation):
            self._together = False
            tag = self._last_tag = self._last_tag + 1
            self._tags = (tag,)
            return Yield(((tag, request),))
        self._together = isinstance(request, tuple)
        if isinstance(request, Continue | Upgrade):
            return request
        if request == ():
            return Continue()
        operations = request if isinstance(request, tuple) else (request,)
        if not all(isinstance(operation, Operation) for operation in operations):
            raise TypeError(f"a process cannot yield {request!r}")
        first = self._last_tag + 1
        self._last_tag += len(operations)
        self._tags = tuple(range(first, self._last_tag + 1))
        return Yield(tuple(zip(self._tags, operations, strict=True)))
