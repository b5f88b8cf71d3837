"""Index spaces while a component, or a component or instance type, is being validated."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pywasm_rt.component.features import DEFAULT, ComponentFeatures
from pywasm_rt.component.names import ExternName, conflict_key, parse_extern_name
from pywasm_rt.component.places import at
from pywasm_rt.component.syntax import Sort
from pywasm_rt.component.types import (
    ComponentType,
    ExternType,
    FunctionType,
    InstanceType,
    ModuleType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.validate.annotated import ResourceName, check_annotated
from pywasm_rt.component.validate.measures import Measures
from pywasm_rt.component.validate.substitution import AnyType, Substitution
from pywasm_rt.component.validate.visibility import Visibility
from pywasm_rt.errors import ValidationError
from pywasm_rt.wasm.types import NumberType

__all__ = ["Names", "Scope", "sort_of"]

_WORDS = {
    Sort.CORE_MODULE: "module",
    Sort.CORE_INSTANCE: "core instance",
    Sort.CORE_FUNCTION: "function",
    Sort.FUNCTION: "function",
}
_KINDS = {
    Sort.FUNCTION: "func",
    Sort.INSTANCE: "instance",
    Sort.TYPE: "type",
    Sort.COMPONENT: "component",
    Sort.CORE_MODULE: "module",
}


def sort_of(item: ExternType) -> Sort:
    """The index space that an item of this type joins."""
    return _SORTS[item.__class__]


_SORTS: dict[type, Sort] = {
    FunctionType: Sort.FUNCTION,
    InstanceType: Sort.INSTANCE,
    ComponentType: Sort.COMPONENT,
    ModuleType: Sort.CORE_MODULE,
    TypeDefinition: Sort.TYPE,
}


class Names:
    """The names of imports or exports that stand beside each other, and must differ.

    ``gives_names`` tells whether resource types among them are known by those names to functions.
    """

    def __init__(self, what: str, *, gives_names: bool = True) -> None:
        self._what = what
        self._gives_names = gives_names
        self._seen: dict[str, str] = {}
        self._resources: dict[ResourceName, list[str]] = {}

    def add(self, name: ExternName, item: ExternType, position: int) -> None:
        """Check a name, its attributes, and that it fits ``item``; keep it.

        Raises ValidationError.
        """
        sort = sort_of(item)
        try:
            name.check_version_suffix()
            parse_extern_name(name.full)
            self._check_attributes(name, sort)
        except ValidationError as error:
            sentence = f"{self._what} name `{name.text}` is not a valid extern name"
            raise ValidationError(f"{sentence}: {error.message}", at(position)) from None
        key = conflict_key(name.text)
        if key in self._seen:
            sentence = (
                f"{self._what} name `{name.text}` conflicts with previous name `{self._seen[key]}`"
            )
            raise ValidationError(sentence, at(position))
        self._seen[key] = name.text
        try:
            check_annotated(name.full, item, self._resources)
        except ValidationError as error:
            sentence = f"{self._what} name `{name.text}` is not valid: {error.message}"
            raise ValidationError(sentence, at(position)) from None
        if not self._gives_names or not isinstance(item, TypeDefinition):
            return
        if isinstance(item.type, ResourceType):
            self._resources.setdefault((item.type, item.mark), []).append(name.text)

    @staticmethod
    def _check_attributes(name: ExternName, sort: Sort) -> None:
        if name.implements is None:
            return
        if sort is not Sort.INSTANCE:
            raise ValidationError("only instances can have an `implements` attribute")
        if ":" in name.text or name.text.startswith("["):
            raise ValidationError(f"name `{name.text}` is not valid with `implements`")
        if not name.implements:
            raise ValidationError("`` is not a valid name for `implements`")
        if ":" not in name.implements:
            raise ValidationError(f"`implements` must be an interface, not `{name.implements}`")
        parse_extern_name(name.implemented or name.implements)


@dataclass(eq=False, slots=True)
class Scope:
    """One component's (or component or instance type's) index spaces.

    ``kind`` is ``component``, ``component type`` or ``instance type``. The spaces hold types: of
    a core instance, its exports' types by name. ``marks`` go with the space of types, and tell
    names of one resource type apart. ``imported`` and ``defined`` are the resource types that came
    with imports, and those that each instance has anew; ``full_names`` are those of canonical
    interface names, with their whole versions; of the ``local`` ones, which are defined
    right here, the representation is known.
    """

    kind: str
    measures: Measures
    features: ComponentFeatures = DEFAULT
    parent: Scope | None = None
    spaces: dict[Sort, list[Any]] = field(default_factory=lambda: {sort: [] for sort in Sort})
    marks: list[object] = field(default_factory=list)
    visibility: Visibility = field(default_factory=Visibility)
    imports: dict[str, ExternType] = field(default_factory=dict)
    exports: dict[str, ExternType] = field(default_factory=dict)
    full_names: dict[str, str] = field(default_factory=dict)
    import_names: Names = field(default_factory=lambda: Names("import"))
    export_names: Names = field(default_factory=lambda: Names("export"))
    imported: list[ResourceType] = field(default_factory=list)
    defined: list[ResourceType] = field(default_factory=list)
    local: dict[ResourceType, NumberType] = field(default_factory=dict)

    def get(self, sort: Sort, index: int, position: int) -> Any:
        """The item at ``index``. Raises ValidationError where there is none."""
        space = self.spaces[sort]
        if index >= len(space):
            word = _WORDS.get(sort, sort.value.removeprefix("core "))
            sentence = f"unknown {word} {index}: {word} index out of bounds"
            raise ValidationError(sentence, at(position), index=index, count=len(space))
        return space[index]

    def type(self, index: int, position: int) -> AnyType:
        """The type at ``index``."""
        type: AnyType = self.get(Sort.TYPE, index, position)
        return type

    def resource(self, index: int, position: int) -> ResourceType:
        """The resource type at ``index``."""
        type = self.type(index, position)
        if not isinstance(type, ResourceType):
            raise ValidationError(f"type index {index} is not a resource type", at(position))
        return type

    def handle(self, index: int, position: int) -> tuple[ResourceType, object]:
        """The resource type at ``index`` and the mark of its name."""
        return self.resource(index, position), self.marks[index]

    def function_type(self, index: int, position: int) -> FunctionType:
        """The function type at ``index``."""
        type = self.type(index, position)
        if not isinstance(type, FunctionType):
            raise ValidationError(f"type index {index} is not a function type", at(position))
        return type

    def add(self, item: ExternType) -> None:
        """Append an imported, exported or aliased item to its index space."""
        if isinstance(item, TypeDefinition):
            self.add_type(item.type, item.mark)
        else:
            self.spaces[sort_of(item)].append(item)

    def add_type(self, type: AnyType, mark: object = None) -> None:
        """Append a type to its index space; ``mark`` is that of a resource type's name."""
        self.spaces[Sort.TYPE].append(type)
        self.marks.append(mark)

    def admit(self, names: Names, name: ExternName, item: ExternType, position: int) -> None:
        """Check an import or export (``names`` are those beside it), and keep its name.

        Raises ValidationError.
        """
        measure = self.measures(item)
        self.measures.spend(measure.nodes)
        is_import = names is self.import_names
        # What an instance's type shows is checked where the instance is imported or exported.
        visible = self.kind == "instance type" or self.visibility.admit(item, is_import=is_import)
        if not visible:
            kind = _KINDS[sort_of(item)]
            use = "import" if is_import else "export"
            sentence = (
                f"{kind} not valid to be used as {use} `{name.text}`: it mentions a type that has "
                "no name outside"
            )
            raise ValidationError(sentence, at(position))
        # Whoever supplies an import cannot know the resource types that are made here.
        own = measure.resources.intersection(self.defined) if is_import else ()
        if own:
            mentioned = ", ".join(sorted(map(str, own)))
            sentence = f"local resource type found in imports: `{name.text}` mentions {mentioned}"
            raise ValidationError(sentence, at(position))
        self.check_name(name, position)
        if name.full != name.text:
            self.full_names[name.text] = name.full
        names.add(name, item, position)

    def check_name(self, name: ExternName, position: int) -> None:
        """Raise UnsupportedFeature for a name whose attributes are switched off."""
        if name.version_suffix is not None:
            what = f"the version suffix of `{name.text}`"
            self.features.require("canonical_names", what, at(position))

    def item(self, sort: Sort, index: int, position: int) -> ExternType:
        """The import or export type of the item at ``index``."""
        found = self.get(sort, index, position)
        if sort is Sort.TYPE:
            return TypeDefinition(found, self.marks[index])
        item: ExternType = found
        return item

    def outer(self, count: int, position: int) -> Scope:
        """The ``count``-th scope outward, 0 being this one."""
        scope: Scope | None = self
        for _ in range(count):
            scope = scope.parent if scope is not None else None
        if scope is None:
            raise ValidationError(f"invalid outer alias count of {count}", at(position))
        return scope

    def fresh(self, item: ExternType, into: list[ResourceType]) -> ExternType:
        """A use of an instance type: its resource types become new ones, noted in ``into``."""
        if not isinstance(item, InstanceType) or not item.resources:
            return item
        self.measures.spend(self.measures(item).nodes)
        mapping = {old: ResourceType(old.name) for old in item.resources}
        into.extend(mapping.values())
        exports: Mapping[str, ExternType] = Substitution(mapping).all(item.exports)
        return InstanceType(exports)
