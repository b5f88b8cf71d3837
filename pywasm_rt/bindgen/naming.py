"""Python names for the names of WIT."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable

from pywasm_rt.embedding.host_object import attribute_name, class_name

__all__ = ["Names", "attribute_name", "class_name", "member_name", "module_name"]


def member_name(label: str) -> str:
    """The member of an Enum or Flag for a label: ``read-only`` is ``READ_ONLY``."""
    return label.replace("-", "_").upper()


def module_name(name: str, *, with_version: bool = False) -> str:
    """The Python module of an interface: ``wasi:io/streams@0.2.12`` is ``wasi_io_streams``."""
    path, _, version = name.partition("@")
    if with_version and version:
        path = f"{path}_{version}"
    cleaned = "".join(character if character.isalnum() else "_" for character in path).lower()
    return f"{cleaned}_" if keyword.iskeyword(cleaned) or cleaned in _MODULES else cleaned


# Names that generated packages use themselves.
_MODULES = {"imports", "exports"}


class Names:
    """Names that are given once: a second one of the same gets an underscore behind it."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def __contains__(self, name: object) -> bool:
        return name in self._taken

    def give(self, wanted: str) -> str:
        """``wanted``, or something like it that is free."""
        while wanted in self._taken:
            wanted += "_"
        self._taken.add(wanted)
        return wanted

    @property
    def builtins(self) -> frozenset[str]:
        """Those that hide a builtin."""
        return frozenset(name for name in self._taken if hasattr(builtins, name))
