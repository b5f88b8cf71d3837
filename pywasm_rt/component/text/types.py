"""Types, and what imports and exports are declared to be, in the text format."""

from __future__ import annotations

from pywasm_rt.component.syntax import (
    ComponentTypeSyntax,
    ExportDeclaration,
    ExternUse,
    Import,
    InstanceTypeSyntax,
    ResourceSyntax,
    Sort,
    TypeBound,
    TypeSyntax,
    TypeSyntaxDefinition,
)
from pywasm_rt.component.text.aliases import alias
from pywasm_rt.component.text.core_types import (
    core_recursion_group,
    core_type_definition,
    is_type_use,
    module_type_use,
)
from pywasm_rt.component.text.references import (
    Parser,
    name_and_attributes,
    reference,
    sort_word,
    target,
)
from pywasm_rt.component.text.scope import Identifier, identifier, text_position
from pywasm_rt.component.text.value_types import compound_type, function_type
from pywasm_rt.component.types import PrimitiveType
from pywasm_rt.errors import UnsupportedFeature
from pywasm_rt.wasm.types import I32, I64

__all__ = [
    "defined_type",
    "extern_use",
    "import_declaration",
    "refuse",
    "type_use",
]

_PRIMITIVES = {primitive.value: primitive for primitive in PrimitiveType}


def refuse(parser: Parser, feature: str, what: str) -> UnsupportedFeature:
    """The error of a feature that is not there, for the caller to raise."""
    name = f"component-model-{feature}"
    where = parser.cursor.error("").where
    return UnsupportedFeature(name, f"{what} needs the feature {name}", where)


def defined_type(parser: Parser) -> TypeSyntax:
    """Read what a type definition defines."""
    cursor = parser.cursor
    primitive = _PRIMITIVES.get(cursor.word())
    if primitive is not None:
        cursor.index += 1
        return primitive
    word = cursor.opened_word()
    if word not in ("func", "component", "instance", "resource"):
        return compound_type(parser)
    cursor.index += 2
    syntax: TypeSyntax
    if word == "func":
        syntax = function_type(parser)
    elif word == "resource":
        syntax = _resource(parser)
    else:
        syntax = _declared(parser, word)
    cursor.close()
    return syntax


def _resource(parser: Parser) -> ResourceSyntax:
    cursor = parser.cursor
    cursor.expect("rep")
    representation = I64 if cursor.accept_word("i64") else I32
    if representation is I32:
        cursor.expect_word("i32")
    cursor.close()
    destructor = None
    if cursor.enter("dtor"):
        destructor = reference(parser, Sort.CORE_FUNCTION)
        cursor.close()
    return ResourceSyntax(destructor, representation)


def _declared(parser: Parser, word: str) -> InstanceTypeSyntax | ComponentTypeSyntax:
    """Read the declarations of an instance or component type."""
    cursor = parser.cursor
    with parser.within(f"{word} type") as scope:
        while cursor.kind() != ")":
            scope.start = text_position(cursor)
            _declaration(parser)
            cursor.close()
    syntax = ComponentTypeSyntax if word == "component" else InstanceTypeSyntax
    return syntax(tuple(scope.definitions))


def _declaration(parser: Parser) -> None:
    """Read a declaration up to its closing parenthesis."""
    cursor, scope = parser.cursor, parser.scope
    if cursor.enter("core"):
        if cursor.accept_word("rec"):
            core_recursion_group(parser)
        else:
            cursor.expect_word("type")
            core_type_definition(parser)
    elif cursor.enter("type"):
        position, bound = scope.start, identifier(cursor)
        scope.emit(TypeSyntaxDefinition(defined_type(parser), position), Sort.TYPE, bound)
    elif cursor.enter("alias"):
        alias(parser)
    elif scope.kind == "component type" and cursor.enter("import"):
        import_declaration(parser)
    elif cursor.enter("export"):
        position, outside = scope.start, identifier(cursor)
        name = name_and_attributes(parser)
        use, inside = extern_use(parser)
        scope.emit(ExportDeclaration(name, use, position), use.sort, outside or inside)
    else:
        cursor.index += int(cursor.kind() == "(")
        raise cursor.unexpected("expected a declaration")


def import_declaration(parser: Parser) -> None:
    """Read the rest of ``(import "name" type)`` up to its closing parenthesis."""
    scope = parser.scope
    position = scope.start
    name = name_and_attributes(parser)
    use, bound = extern_use(parser)
    scope.emit(Import(name, use, position), use.sort, bound)


def extern_use(parser: Parser) -> tuple[ExternUse, Identifier | None]:
    """Read ``(sort id? type)``: what an import or export is declared to be."""
    cursor = parser.cursor
    if cursor.kind() != "(":
        raise cursor.unexpected("expected what is imported or exported")
    cursor.index += 1
    sort = sort_word(parser)
    name = identifier(cursor)
    if sort is Sort.TYPE:
        use = _type_bound(parser)
    elif sort is Sort.VALUE:
        raise refuse(parser, "values", "a value as an import or export")
    else:
        use = type_use(parser, sort)
    cursor.close()
    return use, name


def _type_bound(parser: Parser) -> ExternUse:
    cursor = parser.cursor
    if cursor.enter("sub"):
        cursor.expect_word("resource")
        use = ExternUse(Sort.TYPE, None, TypeBound.SUB_RESOURCE)
    else:
        cursor.expect("eq")
        use = ExternUse(Sort.TYPE, reference(parser, Sort.TYPE), TypeBound.EQUAL)
    cursor.close()
    return use


def type_use(parser: Parser, sort: Sort) -> ExternUse:
    """Read ``(type index)``, or the parts of a new type, for a definition of a ``sort``."""
    cursor, scope = parser.cursor, parser.scope
    if sort is Sort.CORE_MODULE:
        return ExternUse(sort, module_type_use(parser))
    if sort not in (Sort.FUNCTION, Sort.INSTANCE, Sort.COMPONENT):
        raise cursor.error(f"unexpected token {sort}: it cannot be imported or exported")
    if is_type_use(cursor):
        cursor.index += 2
        index = target(parser, Sort.TYPE)
        cursor.close()
        return ExternUse(sort, index)
    position = scope.start
    syntax: TypeSyntax = (
        function_type(parser) if sort is Sort.FUNCTION else _declared(parser, sort.value)
    )
    return ExternUse(sort, scope.emit(TypeSyntaxDefinition(syntax, position), Sort.TYPE))
