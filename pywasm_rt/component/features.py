"""Which parts of the component model are switched on, beyond those of WASI 0.2."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from pywasm_rt.errors import Location, UnsupportedFeature
from pywasm_rt.wasm.features import DEFAULT as CORE_DEFAULT
from pywasm_rt.wasm.features import Features

__all__ = ["DEFAULT", "ComponentFeatures"]


@dataclass(frozen=True, slots=True)
class ComponentFeatures:
    """One switch a feature, by the names that the component model gives them.

    Maps have been part of a release of WASI. Proposals, and off by default, are fixed-length lists,
    error contexts, canonical interface names (``canonical_names``: ``ns:package/interface@1`` with
    a version suffix ``.2.3``), and 64-bit memories as canonical options (``memory64``, which needs
    that of core modules too). ``async_`` and ``threading`` let components that use those built-ins
    be validated; instantiating one is refused. ``core`` are the features of core modules.
    """

    map: bool = True
    fixed_length_lists: bool = False
    error_context: bool = False
    memory64: bool = False
    canonical_names: bool = False
    async_: bool = False
    threading: bool = False
    core: Features = field(default=CORE_DEFAULT)

    def require(self, feature: str, what: str, where: Location | None = None) -> None:
        """Raise UnsupportedFeature unless ``feature`` is switched on."""
        if not getattr(self, feature):
            name = self.name(feature)
            raise UnsupportedFeature(name, f"{what} needs the feature {name}, which is off", where)

    @staticmethod
    def name(feature: str) -> str:
        """A feature's name for people: ``component-model-async``."""
        return f"component-model-{feature.strip('_').replace('_', '-')}"

    def with_(self, **switches: Any) -> ComponentFeatures:
        """A copy with some switches changed."""
        return replace(self, **switches)


DEFAULT = ComponentFeatures()
