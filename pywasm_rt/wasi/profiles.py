"""Profiles: the names by which an entry's ``imports`` asks for groups of host interfaces.

A profile is asked for by its own name, by an alias, or by any interface that it provides; case and
a trailing ``@version`` do not matter. An import may also carry a namespace (``app:funcs``): then
its name part is tried first. Nothing that no profile grants is linked to a guest.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pywasm_rt.component.suggestion import did_you_mean
from pywasm_rt.errors import ConfigError, Fault

__all__ = ["PROFILES", "Profile", "profile_of_interface", "select_profiles"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A group of host interfaces; ``core`` says whether core modules may ask for it too.

    ``available`` is False for a profile that is known and not provided by this version.
    """

    name: str
    interfaces: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    core: bool = False
    available: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it may be asked for by."""
        return (self.name, *self.aliases, *self.interfaces)


def _within(package: str, names: str) -> tuple[str, ...]:
    return tuple(f"{package}/{name}" for name in names.split())


_CLI = (
    "environment exit stdin stdout stderr terminal-stdin terminal-stdout terminal-stderr "
    "terminal-input terminal-output"
)
_SOCKETS = "instance-network network tcp tcp-create-socket udp udp-create-socket ip-name-lookup"

PROFILES: tuple[Profile, ...] = (
    # The user's page knows no wasi:poll: what waits there asks for wasi:io alone.
    Profile("wasi:io", _within("wasi:io", "error poll streams")),
    Profile("wasi:poll", _within("wasi:io", "poll")),
    Profile("wasi:clocks", _within("wasi:clocks", "wall-clock monotonic-clock timezone")),
    Profile("wasi:cli", _within("wasi:cli", _CLI)),
    Profile("wasi:filesystem", _within("wasi:filesystem", "types preopens")),
    Profile("wasi:random", _within("wasi:random", "random insecure insecure-seed")),
    Profile("wasi:sockets", _within("wasi:sockets", _SOCKETS)),
    Profile("wasi:http", _within("wasi:http", "types outgoing-handler")),
    Profile("funcs", ("wippy:runtime/funcs",)),
    Profile(
        "wasi1",
        aliases=("preview1", "wasi-preview1", "wasi_snapshot_preview1"),
        core=True,
    ),
    Profile("socket", ("wippy:runtime/socket",), core=True, available=False),
    # Core modules get the same as functions of ``pywasm_rt_actor``.
    Profile(
        "wippy:actor",
        ("wippy:actor/process", "pywasm-rt:actor/control"),
        ("pywasm-rt:actor", "pywasm_rt_actor"),
        core=True,
    ),
)

_BY_NAME = {name: profile for profile in PROFILES for name in profile.names}


def profile_of_interface(interface: str) -> Profile | None:
    """The profile that grants an interface, given with or without its version."""
    return _BY_NAME.get(interface.partition("@")[0].strip().lower())


def _profile_of_import(name: str) -> Profile | None:
    cleaned = name.partition("@")[0].strip().lower()
    name_part = cleaned.rpartition(":")[2]
    return _BY_NAME.get(name_part) or _BY_NAME.get(cleaned)


def _fault(name: str, profile: Profile | None, *, is_component: bool) -> Fault | None:
    if profile is None:
        close = did_you_mean(name.partition("@")[0].strip(), _BY_NAME)
        known = ", ".join(profile.name for profile in PROFILES if profile.available)
        suggestion = f"known: {known}" if close is None else f'did you mean "{close}"?'
        return Fault(f"unsupported wasm host import: {name}", suggestion=suggestion)
    if not profile.available:
        return Fault(f"wasm host import is not available yet: {name}")
    if not is_component and not profile.core:
        return Fault(f"wasm host import requires component module: {name}")
    return None


def select_profiles(imports: Iterable[str], *, is_component: bool = True) -> frozenset[str]:
    """The interfaces that ``imports`` grant, without versions.

    Raises:
        ConfigError: with a fault for every import that is unknown, not available yet, or not for
            this kind of module (``is_component``).
    """
    granted: set[str] = set()
    faults: list[Fault] = []
    for name in imports:
        profile = _profile_of_import(name)
        fault = _fault(name, profile, is_component=is_component)
        if fault is not None:
            faults.append(fault)
        elif profile is not None:
            granted.update(profile.interfaces)
    if faults:
        raise ConfigError(faults)
    return frozenset(granted)
