"""Memories page by page: which parts are not zeros, and which differ from what they were."""

from __future__ import annotations

from collections.abc import Iterable

from pywasm_rt.engine.snapshot.state import PAGE_BYTES

__all__ = ["put_back", "used_runs"]

_ZEROS = bytes(1 << 20)
_STEP = 1 << 16


def used_runs(content: memoryview) -> tuple[tuple[int, bytes], ...]:
    """Addresses and bytes of the pages that are not all zeros, neighbours as one run."""
    runs: list[tuple[int, bytearray]] = []
    for begin in range(0, len(content), len(_ZEROS)):
        part = content[begin : begin + len(_ZEROS)].tobytes()
        if part == _ZEROS[: len(part)]:
            continue
        for place in range(0, len(part), PAGE_BYTES):
            page = part[place : place + PAGE_BYTES]
            if page == _ZEROS[: len(page)]:
                continue
            address = begin + place
            if runs and runs[-1][0] + len(runs[-1][1]) == address:
                runs[-1][1].extend(page)
            else:
                runs.append((address, bytearray(page)))
    return tuple((address, bytes(data)) for address, data in runs)


def put_back(content: memoryview, runs: Iterable[tuple[int, bytes]]) -> None:
    """Make a memory's content again what these runs say, zeros elsewhere; pages that are so already
    are not written.
    """
    end = 0
    for address, data in (*runs, (len(content), b"")):
        for begin in range(end, address, len(_ZEROS)):
            _put(content, begin, _ZEROS[: min(address - begin, len(_ZEROS))])
        _put(content, address, data)
        end = address + len(data)


def _put(content: memoryview, address: int, wanted: bytes) -> None:
    if content[address : address + len(wanted)].tobytes() == wanted:
        return
    for place in range(0, len(wanted), _STEP):
        part = wanted[place : place + _STEP]
        begin = address + place
        if content[begin : begin + len(part)].tobytes() != part:
            for offset in range(0, len(part), PAGE_BYTES):
                page = part[offset : offset + PAGE_BYTES]
                target = content[begin + offset : begin + offset + len(page)]
                if target.tobytes() != page:
                    target[:] = page
