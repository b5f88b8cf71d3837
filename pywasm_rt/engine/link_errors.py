"""The sentences for imports that are missing or do not fit; the same whichever engine links."""

from __future__ import annotations

from pywasm_rt.engine.interface import HostFunction
from pywasm_rt.errors import LinkError
from pywasm_rt.wasm.types import ExternKind, GlobalType, Limits, MemoryType, TableType
from pywasm_rt.wasm.validate import define_function
from pywasm_rt.wasm.validate.context import ExternTypeResolved
from pywasm_rt.wasm.validate.matching import matches_limits

__all__ = ["describe", "import_error"]


def import_error(
    name: tuple[str, str],
    kind: ExternKind,
    wanted: ExternTypeResolved,
    given: object,
    found: tuple[ExternKind, ExternTypeResolved] | None,
) -> LinkError:
    """The error for an import that is asked for as ``wanted``.

    ``given`` is what was given, None if nothing was; ``found`` its kind and type, None if it is
    nothing that can be imported. The sentence begins "unknown import" or "incompatible import
    type".
    """
    asked = f'"{name[0]}" "{name[1]}" {describe(kind, wanted)}'
    details = {"module": name[0], "name": name[1], "expected": wanted}
    if given is None:
        return LinkError(f"unknown import: {asked} is missing", None, **details)
    fault, text = "incompatible import type", f"{given!r:.80}"
    if isinstance(given, HostFunction):
        text = f"{describe(ExternKind.FUNCTION, define_function(given.type))} of the host"
    elif found is not None:
        text = describe(*found)
        if asked.endswith(text):
            text += " that is another type with the same parts"
        if _differ_in_page_size(found[1], wanted):
            fault = "memory types incompatible"
    return LinkError(f"{fault}: {asked} is asked for, but {text} was given", None, **details)


def _differ_in_page_size(given: ExternTypeResolved, wanted: ExternTypeResolved) -> bool:
    """Whether two memory types would fit but for the size of their pages."""
    return (
        isinstance(given, MemoryType)
        and isinstance(wanted, MemoryType)
        and given.page_size_log2 != wanted.page_size_log2
        and matches_limits(given.limits, wanted.limits)
    )


def describe(kind: ExternKind, type: ExternTypeResolved) -> str:
    """A thing of some type, as the text format writes it."""
    match type:
        case MemoryType():
            pages = "" if type.page_size_log2 == 16 else f" (pagesize {type.page_size_bytes})"
            text = _limits(type.limits, shared=type.shared) + pages
        case TableType():
            text = f"{_limits(type.limits, shared=type.shared)} {type.element}"
        case GlobalType():
            text = f"(mut {type.value})" if type.mutable else str(type.value)
        case _:
            text = str(type).removeprefix("(func").removesuffix(")").strip()
    return f"({kind.keyword} {text})" if text else f"({kind.keyword})"


def _limits(limits: Limits, *, shared: bool) -> str:
    words = ["i64"] if limits.is_64 else []
    words.append(str(limits.minimum))
    if limits.maximum is not None:
        words.append(str(limits.maximum))
    if shared:
        words.append("shared")
    return " ".join(words)
