"""Python definitions of WIT's types: dataclasses, Enums, Flags, aliases, each with its codec."""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator

from pywasm_rt.bindgen.expressions import Expressions
from pywasm_rt.bindgen.naming import Names, attribute_name, class_name, member_name
from pywasm_rt.bindgen.places import Module, Places
from pywasm_rt.component import types as t
from pywasm_rt.component.type_parts import parts
from pywasm_rt.component.wit import TypeEntry

__all__ = ["definitions", "docstring", "hidden_builtins", "indented"]

DATACLASS = "@_dataclasses.dataclass(frozen=True, slots=True)"


def definitions(places: Places, module: Module) -> Iterator[list[str]]:
    """The lines of each definition of a module but its resources, in an order in which Python can
    execute them.
    """
    writer = _Writer(places, module)
    for name in _in_order(places, module):
        entry = module.entries[name]
        if not isinstance(entry.type, t.ResourceType):
            yield writer.definition(name, entry)


def docstring(text: str, indent: str) -> list[str]:
    """A docstring of somebody's text; no lines for an empty one."""
    cleaned = text.strip().replace("\\", "\\\\").replace('"""', "'''")
    if not cleaned:
        return []
    lines = cleaned.splitlines()
    ends = '"""' if len(lines) == 1 and not cleaned.endswith('"') else f'\n{indent}"""'
    rest = [f"{indent}{line.rstrip()}".rstrip() for line in lines[1:]]
    body = "\n".join((lines[0].rstrip(), *rest))
    return [f'{indent}"""{body}{ends}']


def indented(lines: Iterable[str], indent: str = "    ") -> list[str]:
    """Lines further in."""
    return [f"{indent}{line}" if line else line for line in lines]


def hidden_builtins(names: Iterable[str]) -> frozenset[str]:
    """The builtins that are hidden where these names are known."""
    return frozenset(name for name in names if hasattr(builtins, name))


def _in_order(places: Places, module: Module) -> list[str]:
    """The names of a module's types, each behind those that it is made of."""
    order: dict[str, None] = {}

    def visit(name: str) -> None:
        if name not in order:
            for other in _needs(places, module, name):
                visit(other)
            order[name] = None

    for name in module.entries:
        visit(name)
    return list(order)


def _needs(places: Places, module: Module, name: str) -> Iterator[str]:
    """The types of the same module that a type is made of."""
    pending: list[object] = [module.entries[name].type]
    while pending:
        type = pending.pop()
        if isinstance(type, t.OwnType | t.BorrowType):
            type = type.resource
        if isinstance(
            type, t.RecordType | t.VariantType | t.EnumType | t.FlagsType | t.ResourceType
        ):
            home, other = places.home(type, module)
            if home is module and other != name:
                yield other
                continue
        if not isinstance(type, t.ResourceType):
            pending.extend(parts(type))  # type: ignore[arg-type]


class _Writer:
    def __init__(self, places: Places, module: Module) -> None:
        self.places = places
        self.module = module
        self.write = Expressions(places, module)

    def definition(self, name: str, entry: TypeEntry) -> list[str]:
        """The lines of one definition."""
        type = entry.type
        nominal = isinstance(type, t.RecordType | t.VariantType | t.EnumType | t.FlagsType)
        if nominal and self.places.home(type, self.module) != (self.module, name):
            return [f"{name}: _typing.TypeAlias = {self.write.type(type)}"]  # type: ignore[arg-type]
        docs = entry.docs or f"``{entry.name}``"
        match type:
            case t.RecordType():
                return self._record(name, type, docs)
            case t.VariantType():
                return self._variant(name, type, entry.docs)
            case t.EnumType():
                return self._enumeration(name, type, docs)
            case t.FlagsType():
                return self._flags(name, type, docs)
            case _:
                alias = self.write.type(type)  # type: ignore[arg-type] # resources are elsewhere
                return [f"{name}: _typing.TypeAlias = {alias}"]

    def _record(self, name: str, type: t.RecordType, docs: str) -> list[str]:
        attributes = Names()
        fields = [(key, attributes.give(attribute_name(key)), part) for key, part in type.fields]
        lines = [DATACLASS, f"class {name}:", *docstring(docs, "    "), ""]
        lines += [
            f"    {attribute}: {self.write.type(part, attributes.builtins)}"
            for _, attribute, part in fields
        ]
        lines += ["", "", f"{name}_codec = _rt.record(", f"    {name},", "    ("]
        lines += [
            f'        ("{key}", "{attribute}", {self.write.codec(part)}),'
            for key, attribute, part in fields
        ]
        return [*lines, "    ),", ")"]

    def _variant(self, name: str, type: t.VariantType, docs: str) -> list[str]:
        lines: list[str] = []
        cases: list[tuple[str, str, str]] = []
        for key, payload in type.cases:
            cls = self.module.names.give(f"{name}{class_name(key)}")
            what = f'    """The case ``{key}`` of :data:`{name}`."""'
            lines += [DATACLASS, f"class {cls}:", what, ""]
            if payload is not None:
                lines += [f"    value: {self.write.type(payload)}", ""]
            lines.append("")
            cases.append((key, cls, "None" if payload is None else self.write.codec(payload)))
        union = " | ".join(cls for _, cls, _ in cases)
        lines += [f"{name}: _typing.TypeAlias = {union}", *docstring(docs, ""), ""]
        lines += [f"{name}_codec = _rt.variant(", "    ("]
        lines += [f'        ("{key}", {cls}, {codec}),' for key, cls, codec in cases]
        return [*lines, "    )", ")"]

    def _enumeration(self, name: str, type: t.EnumType, docs: str) -> list[str]:
        members = Names()
        lines = [f"class {name}(_enum.Enum):", *docstring(docs, "    "), ""]
        lines += [f'    {members.give(member_name(case))} = "{case}"' for case in type.cases]
        return [*lines, "", "", f"{name}_codec = _rt.enumeration({name})"]

    def _flags(self, name: str, type: t.FlagsType, docs: str) -> list[str]:
        names = Names()
        members = [(label, names.give(member_name(label))) for label in type.labels]
        lines = [f"class {name}(_enum.Flag):", *docstring(docs, "    "), ""]
        lines += [f"    {member} = 1 << {bit}" for bit, (_, member) in enumerate(members)]
        lines += ["", "", f"{name}_codec = _rt.flags(", f"    {name},", "    ("]
        lines += [f'        ("{label}", {name}.{member}),' for label, member in members]
        return [*lines, "    ),", ")"]
