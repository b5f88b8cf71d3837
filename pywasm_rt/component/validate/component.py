"""Components: each definition is checked against the index spaces so far, and becomes a step."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import singledispatchmethod

from pywasm_rt.component.features import DEFAULT, ComponentFeatures
from pywasm_rt.component.names import ExternName
from pywasm_rt.component.places import at
from pywasm_rt.component.plan import (
    AddExport,
    AliasCoreItem,
    AliasItem,
    AliasOuterItem,
    BuildComponent,
    BuildModule,
    DefineResource,
    GatherCoreItems,
    GatherItems,
    InstantiateComponent,
    InstantiateModule,
    Item,
    Plan,
    ResourcePlace,
    Step,
    TakeImport,
)
from pywasm_rt.component.syntax import (
    AliasCoreExport,
    AliasExport,
    AliasOuter,
    CanonBuiltin,
    CanonLift,
    CanonLower,
    CanonResource,
    ComponentSyntax,
    CoreInlineExports,
    CoreInstantiate,
    CoreModule,
    CoreTypeDefinition,
    Definition,
    Export,
    Import,
    InlineExports,
    Instantiate,
    NestedComponent,
    ResourceSyntax,
    Sort,
    SortIndex,
    TypeSyntaxDefinition,
)
from pywasm_rt.component.types import (
    ComponentType,
    ExternType,
    InstanceType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.validate.aliases import alias_export, alias_outer
from pywasm_rt.component.validate.canonical import (
    lift,
    lower,
    refuse_builtin,
    resource_builtin,
)
from pywasm_rt.component.validate.matching import Matching
from pywasm_rt.component.validate.measures import Measures
from pywasm_rt.component.validate.scope import Names, Scope, sort_of
from pywasm_rt.component.validate.substitution import Substitution
from pywasm_rt.component.validate.types import core_type, define_type, extern_type, named
from pywasm_rt.errors import EngineBug, ValidationError

__all__ = ["validate"]


def validate(component: ComponentSyntax, features: ComponentFeatures = DEFAULT) -> Plan:
    """Check a component and make its plan.

    Raises ValidationError, and UnsupportedFeature for what is switched off. The code of core
    modules is checked by the engine that loads them.
    """
    modules: list[tuple[int, bytes]] = []
    return _Validator(Scope("component", Measures(), features), modules).run(component)


_UNNAMED = "resource"


class _Validator:
    """One component on its way to a plan."""

    def __init__(self, scope: Scope, modules: list[tuple[int, bytes]]) -> None:
        self.scope = scope
        self.modules = modules
        self.steps: list[Step] = []

    def run(self, component: ComponentSyntax) -> Plan:
        for definition in component.definitions:
            try:
                self.define(definition)
            except ValidationError as error:
                if error.where is not None:
                    raise
                raise ValidationError(error.message, at(definition.position)) from None
        scope = self.scope
        type = ComponentType(
            scope.imports, scope.exports, tuple(scope.imported), tuple(scope.defined)
        )
        return Plan(type, self.steps, self.modules, component.name)

    def add(self, sort: Sort, item: object, step: Step) -> None:
        self.scope.spaces[sort].append(item)
        self.steps.append(step)

    @singledispatchmethod
    def define(self, definition: Definition) -> None:
        """Check one definition; one method for each kind."""
        raise EngineBug(f"no such definition: {definition!r}")

    # Core modules and instances.

    @define.register
    def _(self, definition: CoreModule) -> None:
        self.add(Sort.CORE_MODULE, None, BuildModule(len(self.modules)))
        self.modules.append((definition.position, definition.data))

    @define.register
    def _(self, definition: CoreInstantiate) -> None:
        self.scope.get(Sort.CORE_MODULE, definition.module, definition.position)
        seen: set[str] = set()
        for name, index in definition.arguments:
            self.scope.get(Sort.CORE_INSTANCE, index, definition.position)
            if name in seen:
                raise ValidationError(f"duplicate module instantiation argument named `{name}`")
            seen.add(name)
        step = InstantiateModule(definition.module, definition.arguments, definition.position)
        self.add(Sort.CORE_INSTANCE, None, step)

    @define.register
    def _(self, definition: CoreInlineExports) -> None:
        seen: set[str] = set()
        exports: list[str] = []
        for name, item in definition.exports:
            self.scope.get(item.sort, item.index, definition.position)
            if name in seen:
                raise ValidationError(f"export name `{name}` already defined")
            seen.add(name)
            exports.append(name)
        self.add(Sort.CORE_INSTANCE, frozenset(exports), GatherCoreItems(definition.exports))

    @define.register
    def _(self, definition: CoreTypeDefinition) -> None:
        self.scope.spaces[Sort.CORE_TYPE].append(core_type(definition))

    @define.register
    def _(self, definition: AliasCoreExport) -> None:
        names = self.scope.get(Sort.CORE_INSTANCE, definition.instance, definition.position)
        if names is not None and definition.name not in names:
            sentence = f"core instance {definition.instance} has no export named"
            raise ValidationError(f"{sentence} `{definition.name}`")
        sort, name, position = definition.sort, definition.name, definition.position
        self.add(sort, None, AliasCoreItem(sort, definition.instance, name, position))

    # Types and functions.

    @define.register
    def _(self, definition: TypeSyntaxDefinition) -> None:
        if isinstance(definition.type, ResourceSyntax):
            destructor = definition.type.destructor
            if destructor is not None:
                self.scope.get(Sort.CORE_FUNCTION, destructor, definition.position)
            resource = ResourceType(_UNNAMED)
            self.scope.local.add(resource)
            self.scope.defined.append(resource)
            self.add(Sort.TYPE, resource, DefineResource(resource, destructor))
        else:
            self.scope.spaces[Sort.TYPE].append(define_type(self.scope, definition))

    @define.register
    def _(self, definition: CanonLift) -> None:
        type, step = lift(self.scope, definition)
        self.add(Sort.FUNCTION, type, step)

    @define.register
    def _(self, definition: CanonLower) -> None:
        self.add(Sort.CORE_FUNCTION, None, lower(self.scope, definition))

    @define.register
    def _(self, definition: CanonResource) -> None:
        self.add(Sort.CORE_FUNCTION, None, resource_builtin(self.scope, definition))

    @define.register
    def _(self, definition: CanonBuiltin) -> None:
        raise refuse_builtin(definition)

    # Components and instances.

    @define.register
    def _(self, definition: NestedComponent) -> None:
        inner = Scope("component", self.scope.measures, self.scope.features, self.scope)
        plan = _Validator(inner, self.modules).run(definition.component)
        self.add(Sort.COMPONENT, plan.type, BuildComponent(plan))

    @define.register
    def _(self, definition: Instantiate) -> None:
        scope, position = self.scope, definition.position
        type: ComponentType = scope.get(Sort.COMPONENT, definition.component, position)
        scope.measures.spend(scope.measures(type).nodes)
        arguments = self._arguments(definition)
        matching = Matching(type.imported_resources)
        for name, asked in type.imports.items():
            if name not in arguments:
                raise ValidationError(f"missing import named `{name}`")
            item = arguments[name]
            try:
                matching.extern(scope.item(item.sort, item.index, position), asked)
            except ValidationError as error:
                sentence = f"type mismatch for import `{name}`: {error.message}"
                raise ValidationError(sentence, at(position)) from None
        brought = {old: ResourceType(old.name) for old in type.resources}
        exports = Substitution({**matching.bound, **brought}).all(type.exports)
        scope.defined.extend(brought.values())
        step = InstantiateComponent(
            definition.component,
            tuple((name, self._item(item, position)) for name, item in arguments.items()),
            tuple(_resource_places(exports, set(brought.values()))),
        )
        self.add(Sort.INSTANCE, InstanceType(exports), step)

    def _arguments(self, definition: Instantiate) -> dict[str, SortIndex]:
        arguments: dict[str, SortIndex] = {}
        for name, item in definition.arguments:
            if name in arguments:
                sentence = f"instantiation argument `{name}` conflicts with previous argument"
                raise ValidationError(f"{sentence} `{name}`")
            self.scope.get(item.sort, item.index, definition.position)
            arguments[name] = item
        return arguments

    @define.register
    def _(self, definition: InlineExports) -> None:
        names, position = Names("instance export"), definition.position
        exports: dict[str, ExternType] = {}
        items: list[tuple[str, Item]] = []
        for name, item in definition.exports:
            type = self._export_type(item, name, position)
            names.add(name, type, position)
            exports[name.text] = type
            items.append((name.text, self._item(item, position)))
        self.add(Sort.INSTANCE, InstanceType(exports), GatherItems(tuple(items)))

    def _export_type(self, item: SortIndex, name: ExternName, position: int) -> ExternType:
        type = self.scope.item(item.sort, item.index, position)
        if isinstance(type, InstanceType):
            self.scope.measures.spend(self.scope.measures(type).nodes)
        for path, resource in _walk({name.text: type}, ()):
            if resource.name == _UNNAMED:
                # The name under which it is exported first, for messages.
                resource.name = path[-1]
        if isinstance(type, TypeDefinition):
            return TypeDefinition(named(type.type, name.text))
        return type

    @define.register
    def _(self, definition: AliasExport) -> None:
        item = alias_export(self.scope, definition)
        self.scope.add(item)
        if definition.sort is not Sort.TYPE:
            self.steps.append(AliasItem(definition.sort, definition.instance, definition.name))

    @define.register
    def _(self, definition: AliasOuter) -> None:
        self.scope.spaces[definition.sort].append(alias_outer(self.scope, definition))
        if definition.sort in (Sort.CORE_MODULE, Sort.COMPONENT):
            self.steps.append(AliasOuterItem(definition.sort, definition.count, definition.index))

    # Imports and exports.

    @define.register
    def _(self, definition: Import) -> None:
        scope, name = self.scope, definition.name
        before = len(scope.imported)
        item = extern_type(scope, definition.type, name, scope.imported, definition.position)
        scope.import_names.add(name, item, definition.position)
        scope.imports[name.text] = item
        scope.add(item)
        places = _resource_places({name.text: item}, set(scope.imported[before:]))
        resources = tuple((path[1:], resource) for path, resource in places)
        self.steps.append(TakeImport(name.text, definition.type.sort, resources))

    @define.register
    def _(self, definition: Export) -> None:
        scope, name, position = self.scope, definition.name, definition.position
        given = self._export_type(definition.item, name, position)
        shown, opaque = self._ascribe(given, definition)
        scope.export_names.add(name, shown, position)
        scope.exports[name.text] = shown
        scope.add(shown)
        item = self._item(definition.item, position)
        self.steps.append(AddExport(name.text, sort_of(shown), item, opaque))

    def _ascribe(
        self, given: ExternType, definition: Export
    ) -> tuple[ExternType, tuple[tuple[ResourceType, ResourceType], ...]]:
        """The type that an export is given, and which resource types it hides."""
        if definition.type is None:
            return given, ()
        hidden: list[ResourceType] = []
        position = definition.position
        self.scope.measures.spend(self.scope.measures(given).nodes)
        shown = extern_type(self.scope, definition.type, definition.name, hidden, position)
        matching = Matching(hidden)
        try:
            matching.extern(given, shown)
        except ValidationError as error:
            sentence = f"ascribed type of export is not compatible: {error.message}"
            raise ValidationError(sentence, at(position)) from None
        self.scope.defined.extend(hidden)
        return shown, tuple(matching.bound.items())

    def _item(self, item: SortIndex, position: int) -> Item:
        """How a step refers to an item: types count only if they are resources."""
        if item.sort is not Sort.TYPE:
            return item
        type = self.scope.type(item.index, position)
        return type if isinstance(type, ResourceType) else None


def _resource_places(
    exports: Mapping[str, ExternType], wanted: set[ResourceType]
) -> Iterator[ResourcePlace]:
    """Where each of ``wanted`` is found first in the exports."""
    for path, resource in _walk(exports, ()):
        if resource in wanted:
            wanted.discard(resource)
            yield path, resource


def _walk(exports: Mapping[str, ExternType], path: tuple[str, ...]) -> Iterable[ResourcePlace]:
    for name, item in exports.items():
        if isinstance(item, TypeDefinition) and isinstance(item.type, ResourceType):
            yield (*path, name), item.type
        elif isinstance(item, InstanceType):
            yield from _walk(item.exports, (*path, name))
