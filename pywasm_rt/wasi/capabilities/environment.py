"""Arguments and environment variables, checked once, where the embedder gives them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pywasm_rt.errors import ConfigError, Fault

__all__ = ["argument_list", "environment_pairs"]


def _text_fault(what: str, text: str) -> Fault | None:
    """What keeps ``text`` from being a C string in UTF-8, if anything does."""
    if "\0" in text:
        return Fault(f"{what} contains a NUL character: {text!r}")
    try:
        text.encode()
    except UnicodeEncodeError:
        return Fault(f"{what} cannot be written in UTF-8: {text!r}")
    return None


def argument_list(arguments: Iterable[str]) -> tuple[str, ...]:
    """The arguments as a tuple.

    Raises:
        ConfigError: with a fault for each argument that no guest could receive.
    """
    checked = tuple(arguments)
    places = ((f"argument {index}", text) for index, text in enumerate(checked))
    faults = [fault for place in places if (fault := _text_fault(*place))]
    if faults:
        raise ConfigError(faults)
    return checked


def environment_pairs(
    environment: Mapping[str, str] | Iterable[tuple[str, str]],
) -> tuple[tuple[str, str], ...]:
    """The variables as (name, value) pairs, in the order given.

    Raises:
        ConfigError: with a fault for each name that is empty, repeated or contains ``=``, and each
            text that no guest could receive.
    """
    items = environment.items() if isinstance(environment, Mapping) else environment
    pairs = tuple((name, value) for name, value in items)
    faults: list[Fault] = []
    seen: set[str] = set()
    for name, value in pairs:
        if not name:
            faults.append(Fault("an environment variable has no name"))
        elif "=" in name:
            faults.append(Fault(f"the name of an environment variable contains '=': {name!r}"))
        elif name in seen:
            faults.append(Fault(f"environment variable {name} is given twice"))
        seen.add(name)
        for what, text in (
            ("the name of an environment variable", name),
            (f"environment variable {name}", value),
        ):
            if fault := _text_fault(what, text):
                faults.append(fault)
    if faults:
        raise ConfigError(faults)
    return pairs
