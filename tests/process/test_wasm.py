"""The lifecycle of a WebAssembly process, over drives written by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.engine.interface import Paused, PauseReason
from pywasm_rt.errors import (
    CodeLocation,
    EngineBug,
    ExhaustionError,
    GuestExit,
    OperationError,
    ProcessError,
    ProcessErrorKind,
    Trap,
    TrapCode,
)
from pywasm_rt.operations import Operation, Sleep
from pywasm_rt.process.interface import (
    Continue,
    Done,
    ExitResult,
    Failed,
    OperationCompleted,
    OperationFailed,
    ProcessContext,
    ProcessDefinition,
    ProcessOptions,
    Yield,
)
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import Simulation
from pywasm_rt.process.wasm import WasmProcess

MS = 1_000_000


class Guest:
    """An execution that only says where it is, and counts interrupts."""

    interrupted = 0

    def frames(self) -> tuple[Any, ...]:
        row = SimpleNamespace(mnemonic="br_if")
        frame = SimpleNamespace(
            function_index=3,
            function_name="spin",
            pc=7,
            offset=0x40,
            instruction=SimpleNamespace(row=row),
        )
        return (frame,)

    def interrupt(self) -> None:
        self.interrupted += 1


def run(start: Callable[..., Drive], *arguments: object, **options: Any) -> ExitResult:
    simulation = Simulation()
    simulation.register(
        "p",
        ProcessDefinition(lambda _: WasmProcess(start), "method", ProcessOptions(**options)),
    )
    return simulation.run("p", *arguments)


def test_init_keeps_the_arguments_and_the_first_step_instantiates() -> None:
    seen: list[object] = []

    def start(context: ProcessContext, method: str, arguments: Any, meter: Meter) -> Drive:
        seen.append((context.entry_id, method, arguments, meter.quantum))
        return arguments[0] * arguments[1]
        yield

    context = ProcessContext(PID("h", 1), "demo:p", "h")
    process = WasmProcess(start)
    arguments = [6, 7]
    process.init(context, "compute", arguments)
    arguments.clear()
    assert seen == []
    assert process.step((), 500) == Done(42)
    assert seen == [("demo:p", "compute", (6, 7), 500)]
    process.close()
    process.close()
    with pytest.raises(EngineBug):
        process.step((), 500)


def test_pauses_and_operations() -> None:
    quanta: list[int | None] = []

    def start(_: ProcessContext, __: str, ___: Any, meter: Meter) -> Drive:
        quanta.append(meter.quantum)
        assert (yield Paused(PauseReason.FUEL)) is None
        quanta.append(meter.quantum)
        answer = yield Sleep(5)
        return answer

    process = WasmProcess(start)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    assert process.step((), 10) == Continue()
    assert process.step((), 20) == Yield(((1, Sleep(5)),))
    assert process.step((OperationCompleted(1, "rested"),), 30) == Done("rested")
    assert quanta == [10, 20]


def test_sleeping_takes_virtual_time_and_failed_operations_are_thrown_in() -> None:
    class Connect(Operation):
        pass

    def start(context: ProcessContext, *_: object) -> Drive:
        yield Sleep(300 * MS)
        try:
            yield Connect()
        except ProcessError as error:
            return context.clock.now_ns(), str(error)

    simulation = Simulation()
    simulation.register("p", ProcessDefinition(lambda _: WasmProcess(start)))

    def refuse(_: Connect) -> object:
        raise KeyError("nobody there")

    simulation.perform(Connect, refuse)
    now_ns, told = simulation.run("p").value  # type: ignore[misc]
    assert now_ns == 300 * MS
    assert "nobody there" in told


@pytest.mark.parametrize(
    ("error", "message", "kind"),
    [
        (
            Trap(TrapCode.INTEGER_DIVIDE_BY_ZERO, backtrace=(CodeLocation(1, "divide", 2),)),
            "integer divide by zero in function $divide at instruction 2",
            ProcessErrorKind.INTERNAL,
        ),
        (
            ExhaustionError(
                "fuel", "all fuel consumed", 1_000, backtrace=(CodeLocation(1, "spin", 2),)
            ),
            "all fuel consumed in function $spin at instruction 2",
            ProcessErrorKind.INTERNAL,
        ),
        (
            ExhaustionError("time", "out of time", 5, where=CodeLocation(4)),
            "out of time in function 4",
            ProcessErrorKind.TIMEOUT,
        ),
        (Trap(TrapCode.HOST, "host failed"), "host failed", ProcessErrorKind.INTERNAL),
        (FileNotFoundError(2, "no"), "[Errno 2] no", ProcessErrorKind.NOT_FOUND),
        (MemoryError(), "the host is out of memory", ProcessErrorKind.INTERNAL),
        (ProcessError("as it is"), "as it is", ProcessErrorKind.INTERNAL),
    ],
)
def test_failures_say_what_and_where(
    error: Exception, message: str, kind: ProcessErrorKind
) -> None:
    def start(*_: object) -> Drive:
        raise error
        yield

    result = run(start)
    assert result.error is not None
    assert (str(result.error), result.error.kind) == (message, kind)
    assert error in {result.error, result.error.__cause__}


def test_errors_that_a_driver_does_not_know_are_wrapped() -> None:
    def start(*_: object) -> Drive:
        with pytest.raises(OperationError, match="KeyError: 'x'"):
            yield Sleep(5)

    process = WasmProcess(start)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    process.step((), 5)
    assert process.step((OperationFailed(1, KeyError("x")),), 5) == Done()


def test_exit_codes() -> None:
    def start(_: ProcessContext, __: str, arguments: tuple[int], ___: Meter) -> Drive:
        raise GuestExit(arguments[0])
        yield

    assert run(start, 0) == ExitResult()
    error = run(start, 3).error
    assert error is not None
    assert str(error) == "exit with code 3"
    assert error.details["exit_code"] == 3


def test_a_deadline_says_where_the_guest_was() -> None:
    def spinning(_: ProcessContext, __: str, ___: Any, meter: Meter) -> Drive:
        meter.current = Guest()  # type: ignore[assignment]
        simulation_clock.advance(300 * MS)
        while True:
            yield Paused(PauseReason.FUEL)
            simulation_clock.advance(300 * MS)

    simulation = Simulation()
    simulation_clock = simulation.clock
    simulation.register(
        "p",
        ProcessDefinition(
            lambda _: WasmProcess(spinning), "", ProcessOptions(max_execution_ms=500)
        ),
    )
    pid = simulation.spawn("p")
    while pid not in simulation.ended:
        simulation.scheduler.tick(simulation_clock.now_ns())
        simulation.step()
    error = simulation.ended[pid].error
    assert error is not None
    assert error.kind is ProcessErrorKind.TIMEOUT
    assert str(error) == (
        "execution time limit of 500 ms exceeded in function $spin at instruction 7 (br_if) "
        "offset 0x40"
    )


def test_interrupt_reaches_the_running_execution() -> None:
    guest = Guest()

    def start(_: ProcessContext, __: str, ___: Any, meter: Meter) -> Drive:
        meter.current = guest  # type: ignore[assignment]
        process.interrupt()
        yield Paused(PauseReason.INTERRUPT)

    process = WasmProcess(start)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    process.interrupt()
    assert process.whereabouts() == ()
    assert process.step((), 5) == Continue()
    assert guest.interrupted == 1
    assert process.whereabouts()[0].function_name == "spin"


def test_close_ends_the_drive_and_gives_back() -> None:
    log: list[str] = []

    def start(*_: object) -> Drive:
        try:
            yield Sleep(5)
        finally:
            log.append("drive closed")

    process = WasmProcess(start, release=lambda: log.append("released"))
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    process.step((), 5)
    process.close()
    process.close()
    assert log == ["drive closed", "released"]


def test_a_destructor_that_waits_does_not_keep_a_process_from_ending() -> None:
    def start(*_: object) -> Drive:
        try:
            yield Sleep(5)
        finally:
            yield Sleep(6)

    process = WasmProcess(start)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    process.step((), 5)
    process.close()


def test_an_error_of_the_beginning_is_a_failure() -> None:
    def start(*_: object) -> Drive:
        raise ProcessError("export not found", ProcessErrorKind.NOT_FOUND)

    process = WasmProcess(start)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "m", ())
    step = process.step((), 5)
    assert isinstance(step, Failed)
    assert "export not found" in str(step.error)
