"""Random bytes as what a guest passes: lifting them never does worse than a trap.

``PYWASM_RT_LIFTED_BYTES=10000000 pytest tests/component/canonical/test_random_bytes.py`` hands over
ten million bytes; by default it is a twentieth of that.
"""

from __future__ import annotations

import os
from random import Random
from typing import Any

from pywasm_rt.component import types as t
from pywasm_rt.component.canonical.signature import Signature, core_type_of_lowered
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.numbers import INTEGER_RANGES
from pywasm_rt.component.resources import CallScope, GuestResourceType, Handle
from pywasm_rt.errors import Trap
from pywasm_rt.wasm.types import F32, F64, I32, I64

TOTAL_BYTES = int(os.environ.get("PYWASM_RT_LIFTED_BYTES", "500000"))
MEMORY_BYTES = 512
LEAVES: list[t.ValueType] = [t.BOOL, t.CHAR, t.STRING, t.F32, t.F64, *INTEGER_RANGES]
KEYS: list[t.PrimitiveType] = [t.BOOL, t.CHAR, t.STRING, *INTEGER_RANGES]


def random_type(choice: Random, resources: list[t.ResourceType], depth: int = 3) -> t.ValueType:
    def part() -> t.ValueType:
        return random_type(choice, resources, depth - 1)

    def names() -> list[str]:
        return [f"n{number}" for number in range(choice.randrange(1, 5))]

    match choice.randrange(12 if depth else 3):
        case 0:
            return choice.choice(LEAVES)
        case 1:
            labels = tuple(f"n{number}" for number in range(choice.choice((1, 3, 9, 17, 32))))
            return choice.choice((t.FlagsType, t.EnumType))(labels)
        case 2:
            return choice.choice((t.OwnType, t.BorrowType))(choice.choice(resources))
        case 3 | 4:
            return t.ListType(part(), choice.choice((None, None, 1, 3)))
        case 5:
            return t.MapType(choice.choice(KEYS), part())
        case 6 | 7:
            return t.RecordType(tuple((name, part()) for name in names()))
        case 8:
            return t.TupleType(tuple(part() for _ in names()))
        case 9:
            cases = [(name, part() if choice.random() < 0.7 else None) for name in names()]
            return t.VariantType(tuple(cases))
        case 10:
            return t.OptionType(part())
        case _:
            return t.ResultType(part(), choice.choice((None, part())))


def random_memory(choice: Random, width: int) -> bytearray:
    """Random bytes, of which some are addresses and lengths that are not quite impossible."""
    data = bytearray(choice.randbytes(MEMORY_BYTES))
    for address in range(0, MEMORY_BYTES, width):
        if choice.random() < 0.6:
            bound = choice.choice((3, 16, MEMORY_BYTES))
            data[address : address + width] = choice.randrange(bound).to_bytes(width, "little")
    return data


def random_core_values(choice: Random, types: Any) -> list[Any]:
    values: list[Any] = []
    for type in types:
        if type in (F32, F64):
            values.append(choice.choice((0.0, -1.5, float("nan"), float("inf"))))
        else:
            bits = 32 if type is I32 else 64
            values.append(choice.randrange(choice.choice((2, 8, 64, MEMORY_BYTES, 1 << bits))))
    return values


def test_random_bytes_do_no_worse_than_a_trap(new_boundary: Any) -> None:
    choice = Random(5)
    outcomes = {"lifted": 0, "trapped": 0}
    for _ in range(0, TOTAL_BYTES, MEMORY_BYTES):
        boundary = new_boundary()
        address = choice.choice((I32, I64))
        boundary.memory.data = random_memory(choice, 4 if address is I32 else 8)
        resources = [t.ResourceType("host"), GuestResourceType("guest")]
        boundary.resources = {it: it for it in resources}
        for it in resources:
            boundary.handles.add(Handle(it, 1, owned=True))
            boundary.handles.add(Handle(it, 2, owned=False, scope=CallScope(1)))
        parameters = [random_type(choice, resources) for _ in range(choice.randrange(1, 4))]
        type = t.FunctionType(tuple((f"p{n}", it) for n, it in enumerate(parameters)))
        signature = Signature(type, choice.choice(list(StringEncoding)), address=address)
        types = core_type_of_lowered(type, address=address).parameters
        core = random_core_values(choice, types)
        try:
            lifted = signature.lift_parameters(boundary.lifting(fused=choice.random() < 0.5), core)
        except Trap:
            outcomes["trapped"] += 1
        else:
            outcomes["lifted"] += 1
            assert len(lifted) == len(parameters)
    assert min(outcomes.values()) > sum(outcomes.values()) // 20, outcomes
