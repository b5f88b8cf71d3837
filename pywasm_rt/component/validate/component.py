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
    CoreExternType,
    ExternType,
    InstanceType,
    ModuleType,
    ResourceType,
    TypeDefinition,
)
from pywasm_rt.component.validate.aliases import (
    CORE_EXPORTS,
    alias_core_export,
    alias_export,
    alias_outer,
)
from pywasm_rt.component.validate.builtins import builtin
from pywasm_rt.component.validate.canonical import (
    check_resource,
    lift,
    lower,
    resource_builtin,
)
from pywasm_rt.component.validate.core_matching import match_imports
from pywasm_rt.component.validate.core_modules import module_type
from pywasm_rt.component.validate.core_types import CoreNames, define_core_type
from pywasm_rt.component.validate.matching import Matching
from pywasm_rt.component.validate.measures import Measures
from pywasm_rt.component.validate.scope import Names, Scope, sort_of
from pywasm_rt.component.validate.substitution import Substitution
from pywasm_rt.component.validate.types import define_type, extern_type, named
from pywasm_rt.component.validate.visibility import Mark
from pywasm_rt.errors import EngineBug, UnsupportedFeature, ValidationError

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
            except (ValidationError, UnsupportedFeature) as error:
                error.where = error.where or at(definition.position)
                raise
        scope = self.scope
        type = ComponentType(
            scope.imports,
            scope.exports,
            tuple(scope.imported),
            tuple(scope.defined),
            scope.full_names,
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
        type = module_type(definition.data, self.scope.features.core)
        self.add(Sort.CORE_MODULE, type, BuildModule(len(self.modules)))
        self.modules.append((definition.position, definition.data))

    @define.register
    def _(self, definition: CoreInstantiate) -> None:
        scope, position = self.scope, definition.position
        type: ModuleType = scope.get(Sort.CORE_MODULE, definition.module, position)
        scope.measures.spend(scope.measures(type).nodes)
        arguments: dict[str, Mapping[str, CoreExternType]] = {}
        for name, index in definition.arguments:
            if name in arguments:
                raise ValidationError(f"duplicate module instantiation argument named `{name}`")
            arguments[name] = scope.get(Sort.CORE_INSTANCE, index, position)
        match_imports(type, arguments)
        step = InstantiateModule(definition.module, definition.arguments)
        self.add(Sort.CORE_INSTANCE, type.exports, step)

    @define.register
    def _(self, definition: CoreInlineExports) -> None:
        names = CoreNames()
        for name, item in definition.exports:
            if item.sort not in CORE_EXPORTS:
                raise ValidationError(f"core instances cannot export a {item.sort}")
            names.add_export(name, self.scope.get(item.sort, item.index, definition.position))
        self.add(Sort.CORE_INSTANCE, names.exports, GatherCoreItems(definition.exports))

    @define.register
    def _(self, definition: CoreTypeDefinition) -> None:
        define_core_type(self.scope, definition)

    @define.register
    def _(self, definition: AliasCoreExport) -> None:
        sort, name = definition.sort, definition.name
        item = alias_core_export(self.scope, definition)
        self.add(sort, item, AliasCoreItem(sort, definition.instance, name))

    # Types and functions.

    @define.register
    def _(self, definition: TypeSyntaxDefinition) -> None:
        if isinstance(definition.type, ResourceSyntax):
            check_resource(self.scope, definition.type, definition.position)
            destructor = definition.type.destructor
            resource = ResourceType(_UNNAMED)
            self.scope.local[resource] = definition.type.representation
            self.scope.defined.append(resource)
            self.scope.add_type(resource, Mark())
            self.steps.append(DefineResource(resource, destructor))
        else:
            self.scope.add_type(define_type(self.scope, definition))

    @define.register
    def _(self, definition: CanonLift) -> None:
        self.add(Sort.FUNCTION, *lift(self.scope, definition))

    @define.register
    def _(self, definition: CanonLower) -> None:
        self.add(Sort.CORE_FUNCTION, *lower(self.scope, definition))

    @define.register
    def _(self, definition: CanonResource) -> None:
        self.add(Sort.CORE_FUNCTION, *resource_builtin(self.scope, definition))

    @define.register
    def _(self, definition: CanonBuiltin) -> None:
        self.add(Sort.CORE_FUNCTION, *builtin(self.scope, definition))

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
        exports = Substitution({**matching.bound, **brought}, matching.names).all(type.exports)
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
        # No definition can refer to these exports, so that they are no names for resource types.
        names, position = Names("instance export", gives_names=False), definition.position
        exports: dict[str, ExternType] = {}
        items: list[tuple[str, Item]] = []
        for name, item in definition.exports:
            type = self._exported(item, name, position)
            self.scope.check_name(name, position)
            names.add(name, type, position)
            exports[name.text] = type
            items.append((name.text, self._item(item, position)))
        self.add(Sort.INSTANCE, InstanceType(exports), GatherItems(tuple(items)))

    def _exported(self, item: SortIndex, name: ExternName, position: int) -> ExternType:
        """The type of an item that is exported, as it is."""
        type = self.scope.item(item.sort, item.index, position)
        if isinstance(type, InstanceType):
            self.scope.measures.spend(self.scope.measures(type).nodes)
        for path, resource in _walk({name.text: type}, ()):
            if resource.name == _UNNAMED:
                # The name under which it is exported first, for messages.
                resource.name = path[-1]
        return type

    @define.register
    def _(self, definition: AliasExport) -> None:
        item = alias_export(self.scope, definition)
        self.scope.add(item)
        if definition.sort is not Sort.TYPE:
            self.steps.append(AliasItem(definition.sort, definition.instance, definition.name))

    @define.register
    def _(self, definition: AliasOuter) -> None:
        alias_outer(self.scope, definition)
        if definition.sort in (Sort.CORE_MODULE, Sort.COMPONENT):
            self.steps.append(AliasOuterItem(definition.sort, definition.count, definition.index))

    # Imports and exports.

    @define.register
    def _(self, definition: Import) -> None:
        scope, name = self.scope, definition.name
        before = len(scope.imported)
        item = extern_type(scope, definition.type, name, scope.imported, definition.position)
        scope.admit(scope.import_names, name, item, definition.position)
        scope.imports[name.text] = item
        scope.add(item)
        places = _resource_places({name.text: item}, set(scope.imported[before:]))
        resources = tuple((path[1:], resource) for path, resource in places)
        self.steps.append(TakeImport(name.text, definition.type.sort, resources))

    @define.register
    def _(self, definition: Export) -> None:
        scope, name, position = self.scope, definition.name, definition.position
        given = self._exported(definition.item, name, position)
        if isinstance(given, TypeDefinition):
            # The export is another name, by which the type is known outside.
            given = TypeDefinition(named(given.type, name.text), Mark())
        shown, opaque = self._ascribe(given, definition)
        scope.admit(scope.export_names, name, shown, position)
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
