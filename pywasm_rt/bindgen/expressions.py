"""Types as Python writes them, and the codecs for their values."""

from __future__ import annotations

from pywasm_rt.bindgen.places import Module, Places
from pywasm_rt.component import types as t

__all__ = ["Expressions"]

_PLAIN: dict[t.PrimitiveType, str] = {
    t.BOOL: "bool",
    t.F32: "float",
    t.F64: "float",
    t.CHAR: "str",
    t.STRING: "str",
}


class Expressions:
    """Expressions of one module. ``_rt`` is the runtime's name there."""

    def __init__(self, places: Places, module: Module) -> None:
        self.places = places
        self.module = module

    def type(self, type: t.ValueType | None, hidden: frozenset[str] = frozenset()) -> str:
        """The annotation; None is ``None``. ``hidden`` are builtins that mean something else."""

        def builtin(name: str) -> str:
            return f"_builtins.{name}" if name in hidden else name

        def inner(part: t.ValueType | None) -> str:
            return self.type(part, hidden)

        match type:
            case None:
                return "None"
            case t.PrimitiveType.ERROR_CONTEXT:
                return "_rt.ErrorContext"
            case t.PrimitiveType():
                return builtin(_PLAIN.get(type, "int"))
            case t.ListType(element=t.PrimitiveType.U8):
                return builtin("bytes")
            case t.ListType():
                return f"{builtin('list')}[{inner(type.element)}]"
            case t.MapType():
                return f"{builtin('dict')}[{inner(type.key)}, {inner(type.value)}]"
            case t.TupleType():
                return f"{builtin('tuple')}[{', '.join(map(inner, type.elements))}]"
            case t.OptionType():
                if isinstance(type.payload, t.OptionType):
                    return f"_rt.Some[{inner(type.payload)}] | None"
                return f"{inner(type.payload)} | None"
            case t.ResultType():
                return f"_rt.Ok[{inner(type.ok)}] | _rt.Err[{inner(type.error)}]"
            case t.OwnType() | t.BorrowType():
                return self.places.reference(type.resource, self.module)
            case t.RecordType() | t.VariantType() | t.EnumType() | t.FlagsType():
                return self.places.reference(type, self.module)
            case _:
                return "_typing.Any"

    def codec(self, type: t.ValueType | None) -> str:
        """The codec of the type's values."""
        inner = self.codec
        match type:
            case t.ListType():
                return _made("sequence", inner(type.element))
            case t.MapType():
                return _made("dictionary", inner(type.key), inner(type.value))
            case t.TupleType():
                return _made("tuple_of", *map(inner, type.elements))
            case t.OptionType():
                nested = isinstance(type.payload, t.OptionType)
                return _made("nested_option" if nested else "option", inner(type.payload))
            case t.ResultType():
                return f"_rt.result({inner(type.ok)}, {inner(type.error)})"
            case t.OwnType() | t.BorrowType():
                home, _ = self.places.home(type.resource, self.module)
                if not home.is_export:
                    return "_rt.SAME"
                return self.places.reference(type.resource, self.module, "_codec")
            case t.RecordType() | t.VariantType() | t.EnumType() | t.FlagsType():
                return self.places.reference(type, self.module, "_codec")
            case _:
                return "_rt.SAME"

    def signature(self, type: t.FunctionType) -> str:
        """The codecs of a function's parameters and result."""
        codecs = [self.codec(part) for _, part in type.parameters]
        parameters = "".join(f"{codec}, " for codec in codecs).rstrip(" ")
        if len(codecs) > 1:
            parameters = parameters.rstrip(",")
        result = self.codec(type.result)
        return f"_rt.Signature(({parameters}){'' if result == '_rt.SAME' else f', {result}'})"


def _made(name: str, *parts: str) -> str:
    if all(part == "_rt.SAME" for part in parts):
        return "_rt.SAME"
    return f"_rt.{name}({', '.join(parts)})"
