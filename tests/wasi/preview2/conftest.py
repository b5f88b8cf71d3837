"""A component guest without a component: calls of the host's interfaces by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pywasm_rt.wasi.capabilities.clocks import VirtualWallClock
from pywasm_rt.wasi.capabilities.memory_directory import MemoryFilesystem
from pywasm_rt.wasi.capabilities.random import SeededRandom
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview2 import interfaces

EPOCH_NS = 1_700_000_000_000_000_000


class Guest:
    """Calls functions of interfaces; resources are the host's objects."""

    def __init__(self, world: Any, context: WasiContext) -> None:
        self.world = world
        self.context = context
        self.interfaces = {interface.name: interface for interface in interfaces(context)}

    def call(self, name: str, *arguments: object) -> Any:
        """Call ``io/poll.poll`` or ``io/poll.pollable.ready`` and the like."""
        package_and_interface, _, function = name.partition(".")
        functions = self.interfaces[f"wasi:{package_and_interface}"].functions
        key = f"[method]{function}" if "." in function else function
        return self.world.answer(functions[key](*arguments))

    def drop(self, interface: str, resource: str, thing: object) -> None:
        """Drop a resource."""
        destructor = self.interfaces[f"wasi:{interface}"].resources[resource].destructor
        if destructor is not None:
            self.world.answer(destructor(thing))


@pytest.fixture
def filesystem(world: Any) -> MemoryFilesystem:
    """What is mounted as ``/`` (and read-only as ``/ro``)."""
    wall = VirtualWallClock(world.clock, EPOCH_NS)
    return MemoryFilesystem({"a.txt": b"hello world", "d/e.txt": b"e"}, clock=wall)


@pytest.fixture
def make_guest(world: Any, filesystem: MemoryFilesystem) -> Callable[..., Guest]:
    """Makes guests, with the context's fields as keywords."""

    def make(**fields: Any) -> Guest:
        context: dict[str, Any] = {
            "preopens": [
                ("/", filesystem.directory()),
                ("/ro", filesystem.directory(read_only=True)),
            ],
            "monotonic_clock": world.clock,
            "wall_clock": VirtualWallClock(world.clock, EPOCH_NS),
            "random": SeededRandom(1),
        }
        return Guest(world, WasiContext(**(context | fields)))

    return make


@pytest.fixture
def guest(make_guest: Callable[..., Guest]) -> Guest:
    """A guest with two mounts."""
    return make_guest()
