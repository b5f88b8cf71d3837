"""Which parts of the language are switched on.

One object for all rooms: decoder, parser, validator and engines ask it, and a module that uses a
feature which is off is refused with the feature's name.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from pywasm_rt.errors import Location, UnsupportedFeature

__all__ = ["DEFAULT", "WASM_1", "WASM_2", "Features"]


@dataclass(frozen=True, slots=True)
class Features:
    """One switch a proposal; the defaults are WebAssembly 3.0. Names are the proposals'.

    ``legacy_exceptions``, ``threads``, ``custom_page_sizes`` and ``wide_arithmetic`` are outside
    3.0 and off by default. ``legacy_exceptions`` adds to ``exceptions``, which brings tags.
    """

    sign_extension: bool = True
    saturating_float_to_int: bool = True
    mutable_globals: bool = True
    multi_value: bool = True
    bulk_memory: bool = True
    reference_types: bool = True
    simd: bool = True
    relaxed_simd: bool = True
    tail_calls: bool = True
    function_references: bool = True
    gc: bool = True
    exceptions: bool = True
    multi_memory: bool = True
    memory64: bool = True
    extended_const: bool = True
    annotations: bool = True
    legacy_exceptions: bool = False
    threads: bool = False
    custom_page_sizes: bool = False
    wide_arithmetic: bool = False

    def require(self, feature: str, what: str, where: Location | None = None) -> None:
        """Raise UnsupportedFeature unless ``feature`` ("" is always on) is switched on."""
        if feature and not getattr(self, feature):
            name = feature.replace("_", "-")
            raise UnsupportedFeature(name, f"{what} needs the feature {name}, which is off", where)

    @property
    def typed_references(self) -> bool:
        """Whether there are references that name a type or are never null: garbage collection
        brings them with it.
        """
        return self.function_references or self.gc

    def with_(self, **switches: bool) -> Features:
        """A copy with some switches changed."""
        return replace(self, **switches)

    def enabled(self) -> tuple[str, ...]:
        """The names of the features that are on."""
        return tuple(item.name for item in fields(self) if getattr(self, item.name))


DEFAULT = Features()

WASM_2 = Features(
    relaxed_simd=False,
    tail_calls=False,
    function_references=False,
    gc=False,
    exceptions=False,
    multi_memory=False,
    memory64=False,
    extended_const=False,
    annotations=False,
)

WASM_1 = replace(
    WASM_2,
    sign_extension=False,
    saturating_float_to_int=False,
    multi_value=False,
    bulk_memory=False,
    reference_types=False,
    simd=False,
)
