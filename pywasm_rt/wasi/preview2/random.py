"""``wasi:random`` 0.2.12."""

from __future__ import annotations

from pywasm_rt.component.host import HostInterface
from pywasm_rt.errors import ExhaustionError
from pywasm_rt.wasi.capabilities.random import RandomSource
from pywasm_rt.wasi.context import WasiContext

__all__ = ["random_interfaces"]

_VERSION = "0.2.12"


def _number(source: RandomSource) -> int:
    return int.from_bytes(source.read(8), "little")


def random_interfaces(context: WasiContext) -> list[HostInterface]:
    """``wasi:random/random``, ``insecure`` and ``insecure-seed``."""
    secure = context.random
    insecure = context.insecure_random or secure
    limit = context.limits.random_bytes

    def bytes_of(source: RandomSource, length: int) -> bytes:
        if length > limit:
            raise ExhaustionError(
                "random", f"{length} random bytes asked for at once: the limit is {limit}", limit
            )
        return source.read(length)

    return [
        HostInterface(
            name="wasi:random/random",
            version=_VERSION,
            functions={
                "get-random-bytes": lambda length: bytes_of(secure, length),
                "get-random-u64": lambda: _number(secure),
            },
        ),
        HostInterface(
            name="wasi:random/insecure",
            version=_VERSION,
            functions={
                "get-insecure-random-bytes": lambda length: bytes_of(insecure, length),
                "get-insecure-random-u64": lambda: _number(insecure),
            },
        ),
        HostInterface(
            name="wasi:random/insecure-seed",
            version=_VERSION,
            functions={"insecure-seed": lambda: (_number(insecure), _number(insecure))},
        ),
    ]
