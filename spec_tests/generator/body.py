"""Function bodies that are valid by construction.

A body is made from its end: to leave a value of a type on the stack, an instruction is chosen that
gives one, then its operands are made in the same way. Blocks, loops and handlers contain statements
and leave what their type says. Behind a branch that is always taken comes code that is never
reached, where the stack gives whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pywasm_rt.wasm.instructions import INSTRUCTIONS, Catch, Instruction, InstructionSet, Row
from pywasm_rt.wasm.types import (
    F32,
    F64,
    I32,
    I64,
    V128,
    AbstractHeapType,
    ArrayType,
    FunctionType,
    ReferenceType,
    StructType,
    ValueType,
)
from spec_tests.generator.shape import Label, Operand, Place, Shape, Signature
from spec_tests.generator.signatures import RECIPES, instantiate
from spec_tests.generator.values import immediate

__all__ = ["Body", "Palette"]

_CONSTANTS = {I32: "i32", I64: "i64", F32: "f32", F64: "f64", V128: "v128"}
_STRUCTURE = ("block", "loop", "if")
_CAUGHT = ReferenceType(nullable=False, heap=AbstractHeapType.EXN)


class Palette:
    """The rows that may be used, sorted by what they are good for.

    ``statements`` are groups of rows: one is chosen first, so that hundreds of vector instructions
    do not crowd out the others. ``ends`` are those that nothing reachable can follow.
    """

    def __init__(self, shape: Shape, instructions: InstructionSet = INSTRUCTIONS) -> None:
        features = shape.features
        self.by_identifier = instructions.by_identifier
        rows = [
            row for row in instructions.rows if not row.feature or getattr(features, row.feature)
        ]
        usable = [row for row in rows if row.rule in RECIPES or not row.rule]
        straight = [row for row in usable if not _is_end(row)]
        self.ends = [row for row in usable if _is_end(row)]
        groups: dict[str, list[Row]] = {}
        for row in straight:
            groups.setdefault(_group(row), []).append(row)
        self.statements = list(groups.values())
        self.fixed: dict[ValueType, list[Row]] = {}
        self.open: list[Row] = [row for row in straight if row.stack is None]
        for row in straight:
            if row.stack is not None and len(row.stack.gives) == 1:
                self.fixed.setdefault(row.stack.gives[0], []).append(row)
        self.structure = [row for row in rows if row.mnemonic in _STRUCTURE]
        self.has_handlers = features.exceptions
        self.has_legacy_handlers = features.legacy_exceptions

    def __getitem__(self, identifier: str) -> Row:
        return self.by_identifier[identifier]


_ENDS = frozenset(
    {
        *("unreachable", "br", "br_table", "return", "throw", "throw_ref", "rethrow"),
        *("return_call", "return_call_indirect", "return_call_ref"),
    }
)


def _is_end(row: Row) -> bool:
    return row.rule in _ENDS


def _group(row: Row) -> str:
    """Rows of a proposal, of a prefix within it, and those that depend on the module."""
    return f"{row.feature} {row.prefix} {'' if row.stack is not None else 'open'}"


@dataclass(slots=True)
class Body:
    """Writes the instructions of one function to ``code``.

    ``budget`` is how many more instructions there may be, roughly; when it is spent only the
    shortest ways are taken.
    """

    palette: Palette
    place: Place
    budget: int
    code: list[Instruction] = field(default_factory=list)

    def write(self) -> list[Instruction]:
        """The whole body."""
        results = self.place.results
        self.place.labels.append(Label(results))
        self._sequence(results, 4)
        self._emit("end")
        return self.code

    # Instructions

    def _emit(self, identifier: str, *immediates: object) -> None:
        self._append(self.palette[identifier], immediates)

    def _append(self, row: Row, immediates: tuple[object, ...]) -> None:
        self.code.append(Instruction(row, immediates))
        self.budget -= 1
        if row.rule in ("local_set", "local_tee"):
            self.place.unset -= {immediates[0]}

    def _execute(self, row: Row, signature: Signature, depth: int) -> None:
        for operand in signature.takes:
            self._produce(operand, depth - 1)
        self._append(row, signature.immediates)

    def _chance(self, probability: float) -> bool:
        return self.place.random.random() < probability

    # Values

    def _produce(self, operand: Operand, depth: int) -> None:
        """Leave one value on the stack."""
        if operand.hint and self._chance(0.8):
            self._small(operand)
        elif depth <= 0 or self.budget <= 0 or not self._compute(operand.type, depth):
            self._simple(operand.type)

    def _produce_all(self, types: Sequence[ValueType], depth: int) -> None:
        for type_ in types:
            self._produce(Operand(type_), depth)

    def _small(self, operand: Operand) -> None:
        values = {
            "address": range(200),
            "aligned": range(0, 200, 8),
            "index": range(6),
            "length": range(4),
        }
        value = self.place.random.choice(values[operand.hint])
        self._emit("i64_const" if operand.type is I64 else "i32_const", value)

    def _compute(self, type_: ValueType, depth: int) -> bool:
        """Leave a value by an instruction that takes others; whether one was found."""
        palette, matches = self.palette, self.place.shape.types.matches
        if self._chance(0.15):
            self._structure((type_,), depth)
            return True
        for _ in range(6):
            rows = palette.fixed.get(type_, palette.open)
            row, signature = self._choose(palette.open if self._chance(0.4) else rows)
            gives = None if signature is None else signature.gives
            if signature and gives and len(gives) == 1 and matches(gives[0], type_):
                self._execute(row, signature, depth)
                return True
        return False

    def _simple(self, type_: ValueType) -> None:
        """Leave a value by one or two instructions: a local, a constant, a null."""
        matches = self.place.shape.types.matches
        index = self.place.local(lambda found: matches(found, type_), is_set=True)
        if index is not None and self._chance(0.6):
            self._emit("local_get", index)
        elif isinstance(type_, ReferenceType):
            self._reference(type_)
        else:
            kind = _CONSTANTS[type_]
            self._emit(f"{kind}_const", immediate(self.place.random, kind))

    def _reference(self, type_: ReferenceType) -> None:
        if type_.nullable and self._chance(0.4):
            self._emit("ref_null", type_.heap)
        elif not self._new_reference(type_):
            self._emit("ref_null", type_.heap)
            if not type_.nullable:
                self._emit("ref_as_non_null")

    def _new_reference(self, type_: ReferenceType) -> bool:
        """Leave a reference to something new, if that takes no operands."""
        shape, types = self.place.shape, self.place.shape.types
        matching = [
            index
            for index in (*types.indices(StructType), *types.indices(ArrayType))
            if types.matches_heap(index, type_.heap)
        ]
        index = shape.choose(matching)
        if index is not None and isinstance(types.composite(index), ArrayType):
            self._emit("array_new_fixed", index, 0)
            return True
        if index is not None and not types.fields(index):
            self._emit("struct_new", index)
            return True
        if types.matches_heap(AbstractHeapType.I31, type_.heap):
            self._emit("i32_const", immediate(self.place.random, "i32"))
            self._emit("ref_i31")
            return True
        callee = shape.index(shape.functions, lambda found: types.matches_heap(found, type_.heap))
        if callee is not None:
            shape.referenced.add(callee)
            self._emit("ref_func", callee)
        return callee is not None

    def _consume(self, types: Sequence[ValueType]) -> None:
        """Take values from the stack, the last one first."""
        matches = self.place.shape.types.matches
        for type_ in reversed(types):
            found = self.place.local(lambda local, t=type_: matches(t, local), is_set=False)  # type: ignore[misc]
            if found is not None and self._chance(0.4):
                self._emit("local_set", found)
            else:
                self._emit("drop")

    # Sequences

    def _sequence(self, results: Sequence[ValueType], depth: int) -> None:
        """Statements that leave values of these types, or never come to their end."""
        for _ in range(self.place.random.randrange(1, 5)):
            if self.budget <= 0:
                break
            self._statement(depth)
        if self._chance(0.12) and self._end(depth):
            return
        self._produce_all(results, depth)

    def _statement(self, depth: int) -> None:
        if self._chance(0.3) and depth > 0:
            self._structure(None, depth - 1)
            return
        row, signature = self._choose(self.place.random.choice(self.palette.statements))
        if signature and signature.gives is not None:
            self._execute(row, signature, depth)
            self._consume(signature.gives)

    def _choose(self, rows: Sequence[Row]) -> tuple[Row, Signature | None]:
        """One of the rows, with immediates that make it valid here, if there are any."""
        row = self.place.random.choice(rows)
        return row, instantiate(self.place, row)

    def _end(self, depth: int) -> bool:
        """Something that nothing reachable can follow, and then something; whether there is any."""
        row, signature = self._choose(self.palette.ends)
        if signature is None:
            return False
        if self._chance(0.3):
            # Operands below those that are taken along are thrown away.
            self._produce(Operand(self.place.shape.types.value_type()), depth - 1)
        self._execute(row, signature, depth)
        self._unreached()
        return True

    def _unreached(self) -> None:
        """Instructions that are never reached, behind which no operand is left that is known."""
        known: list[ValueType] = []
        for _ in range(self.place.random.randrange(4)):
            row, signature = self._choose(self.place.random.choice(self.palette.statements))
            if signature is None or signature.gives is None:
                continue
            wanted = [operand.type for operand in signature.takes]
            taken = min(len(known), len(wanted))
            top = known[len(known) - taken :]
            if not self.place.shape.types.matches_all(top, wanted[len(wanted) - taken :]):
                self._drop_all(known)
                taken = 0
            del known[len(known) - taken :]
            self._append(row, signature.immediates)
            known.extend(signature.gives)
        self._drop_all(known)

    def _drop_all(self, known: list[ValueType]) -> None:
        for _ in known:
            self._emit("drop")
        known.clear()

    # Blocks

    def _structure(self, results: tuple[ValueType, ...] | None, depth: int) -> None:
        """A block, loop, if or try. With ``results`` None they are chosen, and taken away."""
        takes: tuple[ValueType, ...] = ()
        gives = results if results is not None else ()
        if results is None and self._chance(0.5):
            index = self.place.shape.choose(self.place.shape.types.indices(FunctionType))
            if index is not None:
                chosen = self.place.shape.types.signature(index)
                takes, gives = chosen.parameters, chosen.results
        handlers = self.palette.has_handlers, self.palette.has_legacy_handlers
        kind = self.place.random.randrange(8)
        if kind == 0 and handlers[0]:
            self._try_table(takes, gives, depth)
        elif kind == 1 and handlers[1]:
            self._try(takes, gives, depth)
        else:
            row = self.place.random.choice(self.palette.structure)
            self._block(row, takes, gives, depth)
        if results is None:
            self._consume(gives)

    def _block(
        self, row: Row, takes: tuple[ValueType, ...], gives: tuple[ValueType, ...], depth: int
    ) -> None:
        block_type = self.place.shape.block_type(takes, gives)
        self._produce_all(takes, depth)
        is_if = row.identifier == "if"
        if is_if:
            self._produce(Operand(I32), depth)
        self._append(row, (block_type,))
        self._part(Label(takes if row.identifier == "loop" else gives), takes, gives, depth)
        if is_if and (takes != gives or self._chance(0.6)):
            self._emit("else")
            self._part(Label(gives), takes, gives, depth)
        self._emit("end")

    def _part(
        self,
        label: Label,
        takes: Sequence[ValueType],
        gives: Sequence[ValueType],
        depth: int,
    ) -> None:
        """The inside of a block, or of a part of it."""
        with self.place.block(label):
            self._consume(takes)
            self._sequence(gives, depth - 1)

    def _try_table(
        self, takes: tuple[ValueType, ...], gives: tuple[ValueType, ...], depth: int
    ) -> None:
        """A block to catch in, with a try_table in it and other handlers that fit."""
        tag, carried, kind = self._handler()
        self._append(self.palette["block"], (self.place.shape.block_type((), carried),))
        with self.place.block(Label(carried)):
            catches = [Catch(kind, tag, 0)]
            for _ in range(self.place.random.randrange(3)):
                tag, passed, kind = self._handler()
                depth_of = self.place.label(
                    lambda label, p=passed: self.place.shape.types.matches_all(p, label.types)  # type: ignore[misc]
                )
                if depth_of is not None:
                    catches.append(Catch(kind, tag, depth_of))
            block_type = self.place.shape.block_type(takes, gives)
            self._produce_all(takes, depth)
            self._append(self.palette["try_table"], (block_type, tuple(catches)))
            self._part(Label(gives), takes, gives, depth)
            self._emit("end")
            self._consume(gives)
            self._produce_all(carried, depth)
        self._emit("end")
        self._consume(carried)
        self._produce_all(gives, depth)

    def _handler(self) -> tuple[int | None, tuple[ValueType, ...], str]:
        """A tag (or None for all), what a handler for it passes on, and the kind of handler."""
        shape = self.place.shape
        tag = shape.index(shape.tags) if self._chance(0.7) else None
        parameters = () if tag is None else shape.types.signature(shape.tags[tag]).parameters
        kind = "catch_all" if tag is None else "catch"
        if self._chance(0.5):
            return tag, (*parameters, _CAUGHT), f"{kind}_ref"
        return tag, parameters, kind

    def _try(self, takes: tuple[ValueType, ...], gives: tuple[ValueType, ...], depth: int) -> None:
        """The older form, whose handlers are parts of the block."""
        shape = self.place.shape
        self._produce_all(takes, depth)
        self._emit("try", shape.block_type(takes, gives))
        self._part(Label(gives), takes, gives, depth)
        if self._chance(0.2):
            self._emit("delegate", self.place.label(lambda _: True))
            return
        handler = Label(gives, is_handler=True)
        for _ in range(self.place.random.randrange(3)):
            tag = shape.index(shape.tags)
            if tag is not None:
                self._emit("catch", tag)
                caught = shape.types.signature(shape.tags[tag]).parameters
                self._part(handler, caught, gives, depth)
        if self._chance(0.5):
            self._emit("catch_all")
            self._part(handler, (), gives, depth)
        self._emit("end")
