"""Built-ins about the call that is under way (canonical ABI, ``context.get`` and ``context.set``,
``backpressure.inc`` and ``backpressure.dec``).

Backpressure is only counted here: it holds calls of async functions back, and there are none yet.
"""

from __future__ import annotations

from collections.abc import Callable

from pywasm_rt.component.drive import CoreFunction
from pywasm_rt.component.frame import Frame
from pywasm_rt.component.plan import TaskBuiltin
from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.errors import Trap, TrapCode
from pywasm_rt.wasm.types import I32

__all__ = ["task_builtin"]

_MAX_BACKPRESSURE = 0xFFFF


def task_builtin(frame: Frame, step: TaskBuiltin) -> CoreFunction:
    """The core function of a built-in. All of them may be called wherever core code runs."""
    slot = step.slot

    # A place has 64 bits; as an i32 it shows the lower ones.
    mask = 0xFFFF_FFFF if step.type.results == (I32,) else 0xFFFF_FFFF_FFFF_FFFF

    def get() -> int:
        return frame.context[slot] & mask

    def set_(value: int) -> None:
        frame.context[slot] = value

    def change(by: int) -> None:
        frame.backpressure += by
        if not 0 <= frame.backpressure <= _MAX_BACKPRESSURE:
            raise Trap(TrapCode.CANONICAL_ABI, "backpressure counter overflow")

    implementations: dict[str, Callable[..., object]] = {
        "context.get": get,
        "context.set": set_,
        "backpressure.inc": lambda: change(1),
        "backpressure.dec": lambda: change(-1),
    }
    return CoreFunction(HostFunction(step.type, implementations[step.name], step.name), None)
