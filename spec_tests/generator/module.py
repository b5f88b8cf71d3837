"""Modules made by chance that are valid by construction."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.instructions import INSTRUCTIONS, Instruction, InstructionSet
from pywasm_rt.wasm.module import (
    DataMode,
    DataSegment,
    ElementMode,
    ElementSegment,
    Export,
    Expression,
    Function,
    Global,
    Import,
    Module,
    NameMap,
    Names,
    Table,
)
from pywasm_rt.wasm.types import (
    F32,
    F64,
    FUNCREF,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    CompositeType,
    ExternKind,
    FieldType,
    FunctionType,
    FunctionTypeUse,
    GlobalType,
    Limits,
    MemoryType,
    ReferenceType,
    StructType,
    SubType,
    TableType,
    TagType,
    ValueType,
)
from spec_tests.generator.body import Body, Palette
from spec_tests.generator.shape import Place, Shape
from spec_tests.generator.types import NUMBERS, TypeSpace, is_defaultable
from spec_tests.generator.values import immediate

__all__ = ["EVERYTHING", "generate"]

EVERYTHING: Features = DEFAULT.with_(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)
_CONSTANTS = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128"}


# Some are no identifiers, or the name of another item too.
_NAMES = ("a", "b", "b", "wörter", "two words", "", '"', "$x", "\u200b")


def generate(
    random: Random,
    size: int = 200,
    features: Features = EVERYTHING,
    instructions: InstructionSet = INSTRUCTIONS,
) -> Module:
    """A valid module with about ``size`` instructions.

    ``features`` must have all of WebAssembly 3.0; what is switched on beside it may be used too.
    All functions, memories, tables and globals are exported, so that what became of them can be
    compared. Imports are functions, globals and tags of "host"; :func:`host_imports` makes them.
    """
    return _Generator(random, size, features, instructions).module()


class _Generator:
    """Makes one module, part by part, in the order in which later parts refer to earlier ones."""

    def __init__(
        self, random: Random, size: int, features: Features, instructions: InstructionSet
    ) -> None:
        self.random = random
        self.size = size
        self.types = TypeSpace(random)
        self.shape = Shape(random, features, self.types)
        self.instructions = instructions
        self.result = Module()

    def module(self) -> Module:
        """All parts."""
        self._types()
        self._imports()
        self._function_types()
        self._memories()
        self._tags()
        self._tables()
        self._globals()
        self._elements()
        self._datas()
        self._bodies()
        self._exports()
        self._names()
        self.result.recursive_types = self.types.groups
        return self.result

    def _some(self, make: Callable[[], None], most: int) -> None:
        for _ in range(self.random.randrange(most + 1)):
            make()

    # Types

    def _types(self) -> None:
        self.types.function((), ())
        self._some(self._group, 6)

    def _group(self) -> None:
        random = self.random
        if random.random() < 0.5:
            self.types.add(SubType(self._composite()))
        elif random.random() < 0.5:
            self._extended()
        else:
            first, count = len(self.types.members), random.randrange(4)
            members = [SubType(self._composite(), random.random() < 0.5) for _ in range(count)]
            # Some members refer to others, which come later.
            self.types.add(
                *(
                    SubType(self._refer(member.composite, first, count), member.final)
                    for member in members
                )
            )

    def _refer(self, composite: CompositeType, first: int, count: int) -> CompositeType:
        if not isinstance(composite, StructType) or self.random.random() < 0.3:
            return composite
        other = ReferenceType(nullable=True, heap=first + self.random.randrange(count))
        return StructType((*composite.fields, FieldType(other, mutable=True)))

    def _extended(self) -> None:
        """A type and a subtype of it."""
        composite = self._composite()
        above = self.types.add(SubType(composite, final=False))
        if isinstance(composite, StructType):
            composite = StructType((*composite.fields, self._field()))
        self.types.add(SubType(composite, self.random.random() < 0.5, (above,)))

    def _composite(self) -> CompositeType:
        kind = self.random.randrange(3)
        if kind == 0:
            return self._signature()
        if kind == 1:
            return StructType(tuple(self._field() for _ in range(self.random.randrange(4))))
        return ArrayType(self._field())

    def _field(self) -> FieldType:
        return FieldType(self.types.storage_type(), self.random.random() < 0.7)

    def _signature(self) -> FunctionType:
        parameters = [self.types.value_type(0.15) for _ in range(self.random.randrange(4))]
        results = [self.types.value_type(0.2) for _ in range(self.random.choice((0, 1, 1, 2, 3)))]
        return FunctionType(tuple(parameters), tuple(results))

    # Imports and index spaces

    def _imports(self) -> None:
        self._some(self._import, 4)

    def _import(self) -> None:
        name = f"i{len(self.result.imports)}"
        kind = self.random.randrange(3)
        if kind == 0:
            types = [self._plain_type() for _ in range(self.random.randrange(4))]
            results = [self._plain_type() for _ in range(self.random.randrange(3))]
            index = self.types.function(types, results)
            self.shape.functions.append(index)
            self.result.imports.append(Import("host", name, FunctionTypeUse(index)))
        elif kind == 1:
            type_ = GlobalType(self._plain_type(), self.random.random() < 0.5)
            self.shape.globals.append(type_)
            self.result.imports.append(Import("host", name, type_))
        else:
            self.shape.tags.append(self._tag_type())
            self.result.imports.append(Import("host", name, TagType(self.shape.tags[-1])))

    def _plain_type(self) -> ValueType:
        """A type of which every host has values."""
        return self.random.choice((*NUMBERS, V128, FUNCREF))

    def _function_types(self) -> None:
        for _ in range(self.random.randrange(1, 6)):
            index = self.shape.choose(self.types.indices(FunctionType))
            if index is None or self.random.random() < 0.5:
                signature = self._signature()
                index = self.types.function(signature.parameters, signature.results)
            self.shape.functions.append(index)

    def _memories(self) -> None:
        self._some(self._memory, 3)

    def _memory(self) -> None:
        random, features = self.random, self.shape.features
        in_bytes = features.custom_page_sizes and random.random() < 0.2
        minimum = random.randrange(600) if in_bytes else random.choice((0, 1, 1, 1, 2))
        shared = features.threads and random.random() < 0.3
        maximum = minimum + random.randrange(4) if shared or random.random() < 0.5 else None
        limits = Limits(minimum, maximum, is_64=random.random() < 0.3)
        self.result.memories.append(MemoryType(limits, shared, 0 if in_bytes else 16))
        self.shape.memories.append(self.result.memories[-1])

    def _tags(self) -> None:
        self._some(self._tag, 2)

    def _tag(self) -> None:
        self.shape.tags.append(self._tag_type())
        self.result.tags.append(TagType(self.shape.tags[-1]))

    def _tag_type(self) -> int:
        return self.types.function(
            [self.types.value_type(0.1) for _ in range(self.random.randrange(3))], ()
        )

    def _tables(self) -> None:
        self._some(self._table, 3)

    def _table(self) -> None:
        random = self.random
        element = random.choice((FUNCREF, FUNCREF, self.types.reference_type()))
        minimum = random.choice((0, 3, 8, 8, 12))
        maximum = minimum + random.randrange(5) if random.random() < 0.5 else None
        limits = Limits(minimum, maximum, is_64=random.random() < 0.3)
        initial = None
        if not is_defaultable(element) or random.random() < 0.3:
            # Only imported globals have their values by then.
            initial = self._constant(element)
            if initial is None:
                return
        self.result.tables.append(Table(TableType(element, limits), initial))
        self.shape.tables.append(self.result.tables[-1].type)

    def _globals(self) -> None:
        self._some(self._global, 4)

    def _global(self) -> None:
        type_ = self.types.value_type(0.4)
        initial = self._constant(type_)
        if initial is not None:
            item = GlobalType(type_, self.random.random() < 0.6)
            self.result.globals.append(Global(item, initial))
            self.shape.globals.append(item)

    # Constant expressions

    def _constant(self, type_: ValueType, depth: int = 2) -> Expression | None:
        """An expression that gives a value of this type; None if there is none."""
        code = self._constant_code(type_, depth)
        return None if code is None else self._expression(*code)

    def _expression(self, *code: Instruction) -> Expression:
        return Expression([*code, self._instruction("end")])

    def _instruction(self, identifier: str, *immediates: object) -> Instruction:
        return Instruction(self.instructions.by_identifier[identifier], immediates)

    def _constant_code(self, type_: ValueType, depth: int) -> list[Instruction] | None:
        matches = self.types.matches
        index = self.shape.index(
            self.shape.globals, lambda item: not item.mutable and matches(item.value, type_)
        )
        if index is not None and self.random.random() < 0.3:
            return [self._instruction("global_get", index)]
        if isinstance(type_, ReferenceType):
            return self._constant_reference(type_, depth)
        if type_ in (I32, I64) and depth and self.random.random() < 0.3:
            operands = [self._constant_code(type_, depth - 1) or [] for _ in range(2)]
            name = f"{type_}_{self.random.choice(('add', 'sub', 'mul'))}"
            return [*operands[0], *operands[1], self._instruction(name)]
        kind = _CONSTANTS[type_]
        return [self._instruction(f"{kind}_const", immediate(self.random, kind))]

    def _constant_reference(self, type_: ReferenceType, depth: int) -> list[Instruction] | None:
        types, heap = self.types, type_.heap
        if type_.nullable and self.random.random() < 0.4:
            return [self._instruction("ref_null", heap)]
        index = self.shape.choose(
            [i for i in range(len(types.members)) if types.matches_heap(i, heap)]
        )
        made = None
        if index is not None and depth and not isinstance(types.composite(index), FunctionType):
            made = self._constant_aggregate(index, depth)
        callee = self.shape.index(
            self.shape.functions, lambda found: types.matches_heap(found, heap)
        )
        if made is None and callee is not None:
            made = [self._instruction("ref_func", callee)]
        if made is None and types.matches_heap(AbstractHeapType.I31, heap):
            number = self._instruction("i32_const", immediate(self.random, "i32"))
            made = [number, self._instruction("ref_i31")]
        if made is None and type_.nullable:
            made = [self._instruction("ref_null", heap)]
        return made

    def _constant_aggregate(self, index: int, depth: int) -> list[Instruction] | None:
        composite = self.types.composite(index)
        if isinstance(composite, ArrayType):
            fields: Sequence[FieldType] = (composite.field,) * self.random.randrange(3)
            last = self._instruction("array_new_fixed", index, len(fields))
        else:
            fields = self.types.fields(index)
            last = self._instruction("struct_new", index)
        code: list[Instruction] = []
        for item in fields:
            storage = item.storage
            value = I32 if not isinstance(storage, ValueType) else storage
            part = self._constant_code(value, depth - 1)
            if part is None:
                return None
            code += part
        return [*code, last]

    # Segments

    def _elements(self) -> None:
        self._some(self._element, 4)

    def _element(self) -> None:
        random = self.random
        table = self.shape.index(self.shape.tables)
        is_active = table is not None and random.random() < 0.5
        type_ = self.shape.tables[table].element if is_active and table is not None else FUNCREF
        if not is_active and random.random() < 0.5:
            type_ = self.types.reference_type()
        items = [self._constant(type_) for _ in range(random.randrange(5))]
        if any(item is None for item in items):
            return
        mode: ElementMode | str = "passive"
        if is_active and table is not None:
            address = self.shape.tables[table].limits.address_type
            mode = ElementMode(table, self._offset(address, self.shape.tables[table].limits))
        present = [item for item in items if item is not None]
        self.result.elements.append(ElementSegment(type_, present, mode))
        self.shape.elements.append(type_)

    def _offset(self, address: ValueType, limits: Limits) -> Expression:
        """Where an active segment goes: mostly where it fits."""
        most = max(0, limits.minimum - 4) if self.random.random() < 0.95 else 1 << 20
        kind = "i64_const" if address is I64 else "i32_const"
        return self._expression(self._instruction(kind, self.random.randint(0, most)))

    def _datas(self) -> None:
        self._some(self._data, 3)

    def _data(self) -> None:
        memory = self.shape.index(self.shape.memories)
        mode = None
        if memory is not None and self.random.random() < 0.6:
            limits = self.shape.memories[memory].limits
            mode = DataMode(memory, self._offset(limits.address_type, limits))
        data = bytes(self.random.randrange(256) for _ in range(self.random.randrange(12)))
        if mode is not None and limits.minimum == 0:
            data = b""
        self.result.datas.append(DataSegment(data, mode))
        self.shape.data_count += 1

    # Functions

    def _bodies(self) -> None:
        imported = len(self.result.imported(ExternKind.FUNCTION))
        defined = self.shape.functions[imported:]
        palette = Palette(self.shape, self.instructions)
        for number, type_index in enumerate(defined):
            signature = self.types.signature(type_index)
            locals_ = [self.types.value_type() for _ in range(self.random.randrange(5))]
            place = Place(
                self.shape,
                imported + number,
                [*signature.parameters, *locals_],
                signature.results,
            )
            place.declare_unset(len(signature.parameters))
            code = Body(palette, place, max(1, self.size // len(defined))).write()
            self.result.functions.append(Function(type_index, tuple(locals_), Expression(code)))
        self._declare()

    def _declare(self) -> None:
        """Functions that bodies refer to must occur elsewhere: most of them are exported."""
        named = [
            self._expression(self._instruction("ref_func", index))
            for index in sorted(self.shape.referenced)
        ]
        if named:
            self.result.elements.append(ElementSegment(FUNCREF, named, "declarative"))

    def _exports(self) -> None:
        spaces = (
            ("f", ExternKind.FUNCTION, self.shape.functions),
            ("m", ExternKind.MEMORY, self.shape.memories),
            ("t", ExternKind.TABLE, self.shape.tables),
            ("g", ExternKind.GLOBAL, self.shape.globals),
            ("e", ExternKind.TAG, self.shape.tags),
        )
        for letter, kind, items in spaces:
            self.result.exports += [Export(f"{letter}{i}", kind, i) for i in range(len(items))]

    def _names(self) -> None:
        if self.random.random() < 0.5:
            return
        shape, types, some = self.shape, self.types, self._some_names
        imported = len(self.result.imported(ExternKind.FUNCTION))
        self.result.names = Names(
            module=self.random.choice((None, *_NAMES)),
            functions=some(len(shape.functions)),
            types=some(len(types.members)),
            tables=some(len(shape.tables)),
            memories=some(len(shape.memories)),
            globals=some(len(shape.globals)),
            tags=some(len(shape.tags)),
            elements=some(len(self.result.elements)),
            datas=some(shape.data_count),
            fields=self._names_within(
                {index: len(types.fields(index)) for index in types.indices(StructType)}
            ),
            locals=self._names_within(
                {
                    number: len(types.signature(function.type_index).parameters)
                    + len(function.locals)
                    for number, function in enumerate(self.result.functions, imported)
                }
            ),
        )

    def _some_names(self, count: int) -> NameMap:
        """Names for some of so many items."""
        return {
            index: self.random.choice(_NAMES)
            for index in range(count)
            if self.random.random() < 0.5
        }

    def _names_within(self, counts: Mapping[int, int]) -> dict[int, NameMap]:
        """Names for some of so many items within each of these."""
        found = {index: self._some_names(count) for index, count in counts.items()}
        return {index: names for index, names in found.items() if names}
