"""Running components that are commands (the world ``wasi:cli/command``)."""

from __future__ import annotations

from pywasm_rt.component.instance import ComponentInstance
from pywasm_rt.component.values import Err
from pywasm_rt.engine.driver import Drive, Meter
from pywasm_rt.errors import GuestExit

__all__ = ["run_command"]


def run_command(instance: ComponentInstance, meter: Meter) -> Drive:
    """Call ``wasi:cli/run``, of whatever 0.2 version, and return the exit code, an int.

    The code is 0 if ``run`` returns ok, 1 if it returns an error, and what the guest gave to
    ``wasi:cli/exit`` if it called that.

    Raises:
        ComponentError: if the component does not export ``wasi:cli/run``.
        Trap, ExhaustionError, GuestException: as the guest ends.
    """
    function = instance.function("wasi:cli/run#run")
    try:
        result = yield from function.start((), meter)
    except GuestExit as end:
        return end.code
    return int(isinstance(result, Err))
