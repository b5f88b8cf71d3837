"""Functions: entries that are called by ID. A call is a process in the function's pool.

So a call is limited, preempted and looked at like any process, and whoever waits for it waits
without a thread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pywasm_rt.app.identifiers import is_name, is_namespace, split
from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.process.operations import Exec

__all__ = ["call", "check_function_id", "is_pool", "pool_id"]

POOL_SUFFIX = "#pool"


def pool_id(entry_id: str) -> str:
    """The host that calls of a function run on."""
    return entry_id + POOL_SUFFIX


def is_pool(host_id: str) -> bool:
    """Whether a host is the one that calls of some function run on."""
    return host_id.endswith(POOL_SUFFIX)


def check_function_id(entry_id: str) -> None:
    """Raise ProcessError (Invalid) for a text that names no function: it is ``namespace:name``."""
    namespace, name = split(entry_id)
    if not entry_id:
        sentence = "the ID of a function is empty"
    elif not namespace:
        sentence = f"function ID without a namespace: {entry_id}"
    elif not name:
        sentence = f"function ID without a name: {entry_id}"
    elif not is_name(name) or not is_namespace(namespace):
        sentence = f"not a function ID: {entry_id}"
    else:
        return
    raise ProcessError(sentence, ProcessErrorKind.INVALID)


def call(
    entry_id: str, arguments: Sequence[object] = (), values: Mapping[str, object] | None = None
) -> Exec:
    """The operation that calls a function; its result is what the function returns.

    ``values`` are put into the context of the process that the call is. The operation fails with a
    ProcessError: NotFound, RateLimited (the queue is full), Timeout (waited or ran too long), or
    what ended the guest. Raises ProcessError as :func:`check_function_id`.
    """
    check_function_id(entry_id)
    return Exec(entry_id, pool_id(entry_id), tuple(arguments), values=values or {})
