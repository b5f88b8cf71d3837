"""A component, ready to be instantiated many times."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pywasm_rt.component.features import DEFAULT, ComponentFeatures
from pywasm_rt.component.types import ExternType
from pywasm_rt.engine.interface import Engine, LoadedModule
from pywasm_rt.errors import (
    ByteOffset,
    DecodeError,
    UnsupportedFeature,
    ValidationError,
    WasmError,
)
from pywasm_rt.wasm.features import Features

if TYPE_CHECKING:
    from pywasm_rt.component.plan import Plan
    from pywasm_rt.component.syntax import ComponentSyntax

__all__ = ["Component"]


@dataclass(eq=False, repr=False, slots=True)
class Component:
    """A component that has been decoded and validated.

    ``name`` is for people: from the file's name section, else the file's name.
    """

    plan: Plan
    name: str = ""
    features: ComponentFeatures = DEFAULT
    _loaded: dict[int, tuple[Engine, list[LoadedModule]]] = field(default_factory=dict, repr=False)

    def __repr__(self) -> str:
        name = f" {self.name}" if self.name else ""
        imports, exports = ", ".join(self.imports), ", ".join(self.exports)
        return f"<Component{name}: imports {imports or 'nothing'}; exports {exports or 'nothing'}>"

    @classmethod
    def from_binary(cls, data: bytes, features: ComponentFeatures = DEFAULT) -> Component:
        """Decode and validate a component.

        Raises DecodeError, ValidationError, and UnsupportedFeature for what is switched off or
        not implemented.
        """
        from pywasm_rt.component.binary import decode  # noqa: PLC0415 - core modules do without

        return cls.from_syntax(decode(data), features)

    @classmethod
    def from_text(
        cls, text: str | bytes, features: ComponentFeatures = DEFAULT, file: str = ""
    ) -> Component:
        """Parse and validate a component in the text format; ``file`` is for messages.

        Raises ParseError, ValidationError, UnsupportedFeature.
        """
        from pywasm_rt.component.text import parse  # noqa: PLC0415 - as above

        return cls.from_syntax(parse(text, features.core, file), features)

    @classmethod
    def from_syntax(
        cls, syntax: ComponentSyntax, features: ComponentFeatures = DEFAULT
    ) -> Component:
        """Validate a component. Raises ValidationError, UnsupportedFeature."""
        from pywasm_rt.component.validate import validate  # noqa: PLC0415 - as above

        plan = validate(syntax, features)
        return cls(plan, plan.name, features)

    @classmethod
    def from_file(cls, path: str | Path, features: ComponentFeatures = DEFAULT) -> Component:
        """Read and validate a component, in binary or (without the magic number) in text.

        Raises OSError, and as :meth:`from_binary` and :meth:`from_text`.
        """
        path = Path(path)
        data = path.read_bytes()
        if data[:4] == b"\0asm":
            component = cls.from_binary(data, features)
        else:
            component = cls.from_text(data, features, str(path))
        component.name = component.name or path.stem
        return component

    @property
    def imports(self) -> Mapping[str, ExternType]:
        """What it imports, by name, in order.

        An interface is an :class:`~pywasm_rt.component.types.InstanceType`, a function of the
        world a :class:`~pywasm_rt.component.types.FunctionType`.
        """
        return self.plan.imports

    @property
    def exports(self) -> Mapping[str, ExternType]:
        """What it exports, by name, in order; as in :attr:`imports`."""
        return self.plan.exports

    def load(self, engine: Engine) -> list[LoadedModule]:
        """The core modules, decoded and validated by ``engine``; remembered for the next time.

        Raises DecodeError, ValidationError, UnsupportedFeature, with offsets in the whole file.
        """
        known = self._loaded.get(id(engine))
        if known is None:
            features = self.features.core
            modules = [_load(engine, *module, features) for module in self.plan.modules]
            known = self._loaded[id(engine)] = (engine, modules)
        return known[1]


def _load(engine: Engine, offset: int, data: bytes, features: Features) -> LoadedModule:
    try:
        return engine.load(data, features)
    except (DecodeError, ValidationError, UnsupportedFeature) as error:
        _shift(error, offset)
        raise


def _shift(error: WasmError, offset: int) -> None:
    """Count the offset from the beginning of the component rather than of the core module.

    A component in text (``offset`` below 0) has no bytes: there the core module's offset stays.
    """
    if isinstance(error.where, ByteOffset):
        inside = error.where.inside
        inside = f"{inside} of a core module" if inside else "a core module"
        error.where = ByteOffset(error.where.offset + max(offset, 0), inside)
