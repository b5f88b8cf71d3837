"""``wasi:clocks`` 0.2.12: the monotonic clock, the wall clock, and the time zone (UTC)."""

from __future__ import annotations

from pywasm_rt.component.host import HostInterface
from pywasm_rt.component.values import Record
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2.resources import POLLABLE, TimerPollable

__all__ = ["clock_interfaces", "datetime"]

_VERSION = "0.2.12"
_NANOSECONDS = 1_000_000_000
_MAX_INSTANT = 2**64 - 1


def datetime(nanoseconds: int) -> Record:
    """``datetime`` of nanoseconds since the Unix epoch; moments before it read as the epoch."""
    seconds, rest = divmod(max(0, nanoseconds), _NANOSECONDS)
    return Record(seconds=seconds, nanoseconds=rest)


def clock_interfaces(context: WasiContext) -> list[HostInterface]:
    """``wasi:clocks/monotonic-clock``, ``wall-clock`` and ``timezone``."""
    monotonic, wall = context.monotonic_clock, context.wall_clock

    def subscribe_duration(duration_ns: int) -> TimerPollable:
        return TimerPollable(monotonic, min(monotonic.now_ns() + duration_ns, _MAX_INSTANT))

    # A guest is not told where its host is: the documented answer for that is UTC.
    utc = Record({"utc-offset": 0, "name": "UTC", "in-daylight-saving-time": False})
    return [
        HostInterface(
            name="wasi:clocks/monotonic-clock",
            version=_VERSION,
            functions={
                "now": monotonic.now_ns,
                "resolution": lambda: monotonic.resolution_ns,
                "subscribe-instant": lambda instant_ns: TimerPollable(monotonic, instant_ns),
                "subscribe-duration": subscribe_duration,
            },
            resources={"pollable": POLLABLE},
        ),
        HostInterface(
            name="wasi:clocks/wall-clock",
            version=_VERSION,
            functions={
                "now": lambda: datetime(wall.now_ns()),
                "resolution": lambda: datetime(wall.resolution_ns),
            },
        ),
        HostInterface(
            name="wasi:clocks/timezone",
            version=_VERSION,
            functions={"display": lambda _when: utc, "utc-offset": lambda _when: 0},
        ),
    ]
