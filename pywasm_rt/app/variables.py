"""Environment values: storages, variables, and what a guest gets to see."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from pywasm_rt.app.entry import Entry
from pywasm_rt.app.kinds import (
    EnvironmentVariable,
    OperatingSystemStorage,
    RouterStorage,
    StaticStorage,
)

__all__ = ["Storage", "Variable", "make_storage", "make_variable"]

# Looks a value up by its public name; None if it is not there.
Storage = Callable[[str], str | None]


def make_storage(entry: Entry, storages: Mapping[str, Storage]) -> Storage:
    """The storage of an ``env.storage.*`` entry that has no file; ``storages`` are those before."""
    if isinstance(entry.config, RouterStorage):
        routes = [storages[it] for it in entry.config.storages if it in storages]
        return partial(_first, routes)
    if isinstance(entry.config, OperatingSystemStorage):
        return os.environ.get
    values: Mapping[str, str] = {}
    if isinstance(entry.config, StaticStorage):
        values = dict(entry.config.values)
    return values.get


def _first(storages: Sequence[Storage], name: str) -> str | None:
    """The value of the first storage that has one; an empty one is none."""
    for storage in storages:
        value = storage(name)
        if value:
            return value
    return None


@dataclass(frozen=True, slots=True)
class Variable:
    """An ``env.variable``: its public name, where its value comes from, its default."""

    name: str
    storage: Storage
    default: str | None

    def value(self) -> str | None:
        """The value now; empty counts as not set, and then the default counts."""
        return self.storage(self.name) or self.default or None


def make_variable(entry: Entry, storages: Mapping[str, Storage]) -> Variable | None:
    """The variable of an entry; None if its storage is not usable.

    Without ``variable`` the public name is the entry's name, with ``_`` for what cannot be in one.
    """
    config = entry.config
    if not isinstance(config, EnvironmentVariable) or config.storage not in storages:
        return None
    name = config.variable or re.sub(r"[^A-Za-z0-9_]", "_", entry.raw.name)
    return Variable(name, storages[config.storage], config.default)
