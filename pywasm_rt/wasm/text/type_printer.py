"""Types as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text.identifiers import ModuleIdentifiers
from pywasm_rt.wasm.types import (
    ArrayType,
    CompositeType,
    ExternType,
    FieldType,
    FunctionType,
    FunctionTypeUse,
    GlobalType,
    HeapType,
    Limits,
    MemoryType,
    ReferenceType,
    StorageType,
    StructType,
    SubType,
    TableType,
    TagType,
)

__all__ = ["TypePrinter"]


class TypePrinter:
    """Prints the types of one module, by name where they have one."""

    def __init__(self, module: Module, identifiers: ModuleIdentifiers) -> None:
        self.types = module.types
        self.identifiers = identifiers

    def heap(self, heap: HeapType) -> str:
        """``func``, ``$t``, ``3``."""
        return self.identifiers.use("type", heap) if isinstance(heap, int) else str(heap)

    def value(self, type_: StorageType) -> str:
        """Any value or packed type."""
        if isinstance(type_, ReferenceType) and isinstance(type_.heap, int):
            return f"(ref {'null ' if type_.nullable else ''}{self.heap(type_.heap)})"
        return str(type_)

    def reference(self, type_: ReferenceType) -> str:
        """A reference type."""
        return self.value(type_)

    def signature(self, type_: FunctionType, names: Mapping[int, str] | None = None) -> str:
        """``(param ...) (result ...)``, each parameter that has a name on its own; ``names`` are
        written as they are.
        """
        parts: list[str] = []
        run: list[str] = []
        for number, parameter in enumerate(type_.parameters):
            name = (names or {}).get(number)
            if name is None:
                run.append(self.value(parameter))
                continue
            if run:
                parts.append(f"(param {' '.join(run)})")
                run = []
            parts.append(f"(param {name} {self.value(parameter)})")
        if run:
            parts.append(f"(param {' '.join(run)})")
        if type_.results:
            parts.append(f"(result {' '.join(map(self.value, type_.results))})")
        return " ".join(parts)

    def use(self, type_index: int, names: Mapping[int, str] | None = None) -> str:
        """``(type x)`` with its signature written out behind it."""
        known = self.types[type_index].composite if type_index < len(self.types) else None
        signature = self.signature(known, names) if isinstance(known, FunctionType) else ""
        return f"(type {self.identifiers.use('type', type_index)}) {signature}".rstrip()

    def _field(self, field: FieldType) -> str:
        storage = self.value(field.storage)
        return f"(mut {storage})" if field.mutable else storage

    def _composite(self, type_: CompositeType, index: int) -> str:
        if isinstance(type_, FunctionType):
            return f"(func {self.signature(type_)}".rstrip() + ")"
        if isinstance(type_, ArrayType):
            return f"(array {self._field(type_.field)})"
        return self._struct(type_, self.identifiers.bound_fields.get(index, {}))

    def _struct(self, type_: StructType, names: Mapping[int, str]) -> str:
        fields = [
            f" (field {names[number] + ' ' if number in names else ''}{self._field(field)})"
            for number, field in enumerate(type_.fields)
        ]
        return f"(struct{''.join(fields)})"

    def definition(self, type_: SubType, index: int) -> str:
        """``(type $t (sub ...))``."""
        body = self._composite(type_.composite, index)
        if not type_.final or type_.supertypes:
            final = "final " if type_.final else ""
            supers = "".join(f"{self.identifiers.use('type', s)} " for s in type_.supertypes)
            body = f"(sub {final}{supers}{body})"
        return f"(type {self.identifiers.bind('type', index)} {body})"

    def limits(self, limits: Limits) -> str:
        """``i64? min max?``."""
        return str(limits)

    def memory(self, type_: MemoryType) -> str:
        """A memory's type."""
        shared = " shared" if type_.shared else ""
        page = "" if type_.page_size_log2 == 16 else f" (pagesize {type_.page_size_bytes})"
        return f"{self.limits(type_.limits)}{shared}{page}"

    def table(self, type_: TableType) -> str:
        """A table's type."""
        shared = " shared" if type_.shared else ""
        return f"{self.limits(type_.limits)}{shared} {self.reference(type_.element)}"

    def global_(self, type_: GlobalType) -> str:
        """A global's type."""
        value = self.value(type_.value)
        return f"(mut {value})" if type_.mutable else value

    def extern(self, type_: ExternType) -> str:
        """The type of an import, without its keyword."""
        if isinstance(type_, FunctionTypeUse | TagType):
            return self.use(type_.type_index)
        if isinstance(type_, TableType):
            return self.table(type_)
        return self.memory(type_) if isinstance(type_, MemoryType) else self.global_(type_)

    def values(self, types: Sequence[StorageType]) -> str:
        """Several types with spaces between."""
        return " ".join(map(self.value, types))
