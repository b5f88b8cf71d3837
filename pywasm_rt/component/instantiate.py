"""Instantiation: running a plan's steps (component model, "Instance Definitions")."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from pywasm_rt.component.async_functions import (
    AsyncLiftedFunction,
    async_lowered_function,
    task_return,
)
from pywasm_rt.component.drive import CoreFunction, Steps
from pywasm_rt.component.error_contexts import error_context_builtin
from pywasm_rt.component.frame import ComponentItem, CoreInstanceItem, Frame, Tree
from pywasm_rt.component.functions import (
    LiftedFunction,
    guest_resource_type,
    lowered_function,
    refused_core_function,
    refused_function,
    resource_builtin,
)
from pywasm_rt.component.plan import (
    AddExport,
    AliasCoreItem,
    AliasItem,
    AliasOuterItem,
    BuildComponent,
    BuildModule,
    DefineResource,
    ErrorContextBuiltin,
    GatherCoreItems,
    GatherItems,
    InstantiateComponent,
    InstantiateModule,
    LiftFunction,
    LowerFunction,
    Plan,
    RefuseCoreFunction,
    RefuseFunction,
    ResourceBuiltin,
    TakeImport,
    TaskBuiltin,
    TaskReturn,
)
from pywasm_rt.component.syntax import Sort
from pywasm_rt.component.task_builtins import task_builtin
from pywasm_rt.engine.interface import (
    HostFunction,
    LoadedModule,
)
from pywasm_rt.errors import ExhaustionError

__all__ = ["instantiate"]


def instantiate(
    tree: Tree,
    plan: Plan,
    arguments: Mapping[str, Any],
    outer: Frame | None = None,
    parent: Frame | None = None,
) -> Steps:
    """Make an instance of a component; a generator that returns its frame.

    Start functions of core modules run on the way. Raises whatever they raise.
    """
    _count_instance(tree)
    frame = Frame(tree, plan, outer, parent)
    for step in plan.steps:
        if isinstance(step, InstantiateModule):
            yield from _instantiate_module(frame, step)
        elif isinstance(step, InstantiateComponent):
            yield from _instantiate_component(frame, step)
        elif isinstance(step, TakeImport):
            _take_import(frame, step, arguments)
        else:
            _RUN[step.__class__](frame, step)
    return frame


def _count_instance(tree: Tree) -> None:
    tree.instances += 1
    limit = tree.limits.instances
    if limit is not None and tree.instances > limit:
        sentence = f"a component asks for more than {limit} instances"
        raise ExhaustionError("instances", sentence, limit)


# Core.


def _build_module(frame: Frame, step: BuildModule) -> None:
    frame.spaces[Sort.CORE_MODULE].append(frame.tree.modules[step.number])


def _instantiate_module(frame: Frame, step: InstantiateModule) -> Steps:
    tree = frame.tree
    module: LoadedModule = frame.spaces[Sort.CORE_MODULE][step.module]
    instances = frame.spaces[Sort.CORE_INSTANCE]
    arguments = {name: instances[index] for name, index in step.arguments}
    imports = _core_imports(module, arguments)
    _count_instance(tree)
    instance = tree.engine.instantiate(module, imports, tree.limits, store=tree.store)
    instances.append(CoreInstanceItem(instance.exports, instance))
    start = instance.start_function
    if start is not None:
        yield from tree.execute(CoreFunction(start, instance), ())
    return None


def _core_imports(
    module: LoadedModule, arguments: Mapping[str, CoreInstanceItem]
) -> dict[tuple[str, str], Any]:
    """The engine's imports; validation has seen that everything is there."""
    return {
        (wanted.module, wanted.name): arguments[wanted.module].extern(wanted.name)
        for wanted in module.imports
    }


def _gather_core(frame: Frame, step: GatherCoreItems) -> None:
    exports = {name: frame.spaces[item.sort][item.index] for name, item in step.exports}
    frame.spaces[Sort.CORE_INSTANCE].append(CoreInstanceItem(exports, None))


def _alias_core(frame: Frame, step: AliasCoreItem) -> None:
    instance: CoreInstanceItem = frame.spaces[Sort.CORE_INSTANCE][step.instance]
    item: Any = instance.exports[step.name]
    if step.sort is Sort.CORE_FUNCTION and not isinstance(item, CoreFunction):
        owner = None if isinstance(item, HostFunction) else instance.instance
        item = CoreFunction(item, owner)
    frame.spaces[step.sort].append(item)


# Components.


def _build_component(frame: Frame, step: BuildComponent) -> None:
    frame.spaces[Sort.COMPONENT].append(ComponentItem(step.plan, frame))


def _instantiate_component(frame: Frame, step: InstantiateComponent) -> Steps:
    component: ComponentItem = frame.spaces[Sort.COMPONENT][step.component]
    arguments = {name: frame.get(item) for name, item in step.arguments}
    inner: Frame = yield from instantiate(
        frame.tree, component.plan, arguments, component.outer, frame
    )
    frame.spaces[Sort.INSTANCE].append(inner.exports)
    frame.bring(inner.exports, step.resources)
    return None


def _gather(frame: Frame, step: GatherItems) -> None:
    exports = {name: frame.get(item) for name, item in step.exports}
    frame.spaces[Sort.INSTANCE].append(exports)


def _alias(frame: Frame, step: AliasItem) -> None:
    frame.spaces[step.sort].append(frame.spaces[Sort.INSTANCE][step.instance][step.name])


def _alias_outer(frame: Frame, step: AliasOuterItem) -> None:
    outer: Frame | None = frame
    for _ in range(step.count):
        assert outer is not None, "validation counts the enclosing components"
        outer = outer.outer
    assert outer is not None, "validation counts the enclosing components"
    frame.spaces[step.sort].append(outer.spaces[step.sort][step.index])


def _take_import(frame: Frame, step: TakeImport, arguments: Mapping[str, Any]) -> None:
    item = arguments[step.name]
    if step.sort is not Sort.TYPE:
        frame.spaces[step.sort].append(item)
    frame.bring({step.name: item}, tuple(((step.name, *path), it) for path, it in step.resources))


def _add_export(frame: Frame, step: AddExport) -> None:
    item = frame.get(step.item)
    for shown, hidden in step.opaque:
        frame.resources[shown] = frame.resources[hidden]
    frame.exports[step.name] = item
    if step.sort is not Sort.TYPE:
        frame.spaces[step.sort].append(item)


# Functions and resources.


def _define_resource(frame: Frame, step: DefineResource) -> None:
    functions = frame.spaces[Sort.CORE_FUNCTION]
    destructor = None if step.destructor is None else functions[step.destructor]
    frame.resources[step.type] = guest_resource_type(frame, step.type.name, destructor)


def _lift(frame: Frame, step: LiftFunction) -> None:
    lifted = AsyncLiftedFunction if step.is_async else LiftedFunction
    frame.spaces[Sort.FUNCTION].append(lifted(frame, step))


def _lower(frame: Frame, step: LowerFunction) -> None:
    lower = async_lowered_function if step.is_async else lowered_function
    frame.spaces[Sort.CORE_FUNCTION].append(lower(frame, step))


def _refuse(frame: Frame, step: RefuseFunction) -> None:
    frame.spaces[Sort.FUNCTION].append(refused_function(step))


def _refuse_core(frame: Frame, step: RefuseCoreFunction) -> None:
    frame.spaces[Sort.CORE_FUNCTION].append(refused_core_function(frame, step))


def _task(frame: Frame, step: TaskBuiltin) -> None:
    frame.spaces[Sort.CORE_FUNCTION].append(task_builtin(frame, step))


def _task_return(frame: Frame, step: TaskReturn) -> None:
    frame.spaces[Sort.CORE_FUNCTION].append(task_return(frame, step))


def _error_context(frame: Frame, step: ErrorContextBuiltin) -> None:
    frame.spaces[Sort.CORE_FUNCTION].append(error_context_builtin(frame, step))


def _resource(frame: Frame, step: ResourceBuiltin) -> None:
    frame.spaces[Sort.CORE_FUNCTION].append(resource_builtin(frame, step))


_RUN: dict[type, Callable[[Frame, Any], None]] = {
    BuildModule: _build_module,
    GatherCoreItems: _gather_core,
    AliasCoreItem: _alias_core,
    BuildComponent: _build_component,
    GatherItems: _gather,
    AliasItem: _alias,
    AliasOuterItem: _alias_outer,
    AddExport: _add_export,
    DefineResource: _define_resource,
    LiftFunction: _lift,
    LowerFunction: _lower,
    RefuseFunction: _refuse,
    RefuseCoreFunction: _refuse_core,
    TaskBuiltin: _task,
    TaskReturn: _task_return,
    ErrorContextBuiltin: _error_context,
    ResourceBuiltin: _resource,
}
