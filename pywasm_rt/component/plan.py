"""What instantiating a component does, step by step.

Validation turns each definition that matters at run time into a step. Running the steps in order
fills the same index spaces that validation has checked, so that a step needs nothing but indices;
all types are static, and resource types are the only ones that differ between two instances of a
component: a frame maps the static ones to its own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pywasm_rt.component.canonical.signature import Signature
from pywasm_rt.component.canonical.strings import StringEncoding
from pywasm_rt.component.syntax import ResourceOperation, Sort, SortIndex
from pywasm_rt.component.types import ComponentType, ExternType, ResourceType
from pywasm_rt.wasm.types import I32, NumberType
from pywasm_rt.wasm.types import FunctionType as CoreFunctionType

__all__ = [
    "AddExport",
    "AliasCoreItem",
    "AliasItem",
    "AliasOuterItem",
    "BuildComponent",
    "BuildModule",
    "DefineResource",
    "ErrorContextBuiltin",
    "GatherCoreItems",
    "GatherItems",
    "InstantiateComponent",
    "InstantiateModule",
    "Item",
    "LiftFunction",
    "LowerFunction",
    "Options",
    "Plan",
    "RefuseCoreFunction",
    "RefuseFunction",
    "ResourceBuiltin",
    "ResourcePlace",
    "Step",
    "TakeImport",
    "TaskBuiltin",
    "TaskReturn",
]

Item = SortIndex | ResourceType | None
"""Something to pass on: by index, or a resource type; None for a type that is nothing at run
time."""

ResourcePlace = tuple[tuple[str, ...], ResourceType]
"""Where in an instance's exports a resource type is found, and the static type it stands for."""


@dataclass(frozen=True, slots=True)
class BuildModule:
    """Add a nested core module to the frame; ``number`` counts the modules of the whole file."""

    number: int


@dataclass(frozen=True, slots=True)
class InstantiateModule:
    """Instantiate a core module with core instances, by name."""

    module: int
    arguments: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class GatherCoreItems:
    """Make a core instance of core items."""

    exports: tuple[tuple[str, SortIndex], ...]


@dataclass(frozen=True, slots=True)
class BuildComponent:
    """Add a nested component; it remembers the frame it was made in."""

    plan: Plan


@dataclass(frozen=True, slots=True)
class InstantiateComponent:
    """Instantiate a component; ``resources`` are the types that its exports bring."""

    component: int
    arguments: tuple[tuple[str, Item], ...]
    resources: tuple[ResourcePlace, ...]


@dataclass(frozen=True, slots=True)
class GatherItems:
    """Make an instance of items."""

    exports: tuple[tuple[str, Item], ...]


@dataclass(frozen=True, slots=True)
class AliasItem:
    """Take an export of an instance."""

    sort: Sort
    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class AliasCoreItem:
    """Take an export of a core instance."""

    sort: Sort
    instance: int
    name: str


@dataclass(frozen=True, slots=True)
class AliasOuterItem:
    """Take a core module or a component of an enclosing component."""

    sort: Sort
    count: int
    index: int


@dataclass(frozen=True, slots=True)
class DefineResource:
    """Make a new resource type; ``destructor`` is the index of a core function."""

    type: ResourceType
    destructor: int | None


@dataclass(frozen=True, slots=True)
class Options:
    """Canonical options, with the default filled in; ``address`` is the type of the memory's
    addresses.
    """

    encoding: StringEncoding = StringEncoding.UTF8
    memory: int | None = None
    realloc: int | None = None
    post_return: int | None = None
    address: NumberType = I32


@dataclass(frozen=True, slots=True)
class LiftFunction:
    """``canon lift``; ``is_async`` tells whether the result comes through ``task.return``."""

    function: int
    signature: Signature
    options: Options
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class LowerFunction:
    """``canon lower``; ``is_async`` tells whether the core function answers how far the call is."""

    function: int
    signature: Signature
    options: Options
    is_async: bool = False


@dataclass(frozen=True, slots=True)
class RefuseFunction:
    """A component function that traps when it is called; ``what`` it is, is not implemented."""

    what: str


@dataclass(frozen=True, slots=True)
class RefuseCoreFunction:
    """A core function that traps when it is called; ``what`` it is, is not implemented."""

    what: str
    type: CoreFunctionType


@dataclass(frozen=True, slots=True)
class TaskBuiltin:
    """``canon context.get``, ``context.set`` (``slot`` counts), ``backpressure.inc``, ``.dec``."""

    name: str
    slot: int
    type: CoreFunctionType


@dataclass(frozen=True, slots=True)
class TaskReturn:
    """``canon task.return``; the ``signature`` has the result as its only parameter, if any."""

    signature: Signature
    options: Options
    type: CoreFunctionType


@dataclass(frozen=True, slots=True)
class ErrorContextBuiltin:
    """``canon error-context.new``, ``error-context.debug-message``, ``error-context.drop``.

    The first two are host functions in effect, whose lowering ``signature`` and ``options`` tell.
    """

    name: str
    signature: Signature | None
    options: Options | None


@dataclass(frozen=True, slots=True)
class ResourceBuiltin:
    """``canon resource.new``, ``resource.drop``, ``resource.rep``."""

    operation: ResourceOperation
    type: ResourceType
    core: CoreFunctionType


@dataclass(frozen=True, slots=True)
class TakeImport:
    """Take an argument; ``resources`` are the types that it brings."""

    name: str
    sort: Sort
    resources: tuple[ResourcePlace, ...]


@dataclass(frozen=True, slots=True)
class AddExport:
    """Export an item, which also becomes a new item of the frame.

    ``opaque`` pairs the resource types that the ascribed type hides with those behind them.
    """

    name: str
    sort: Sort
    item: Item
    opaque: tuple[tuple[ResourceType, ResourceType], ...] = ()


Step = (
    BuildModule
    | InstantiateModule
    | GatherCoreItems
    | BuildComponent
    | InstantiateComponent
    | GatherItems
    | AliasItem
    | AliasCoreItem
    | AliasOuterItem
    | DefineResource
    | LiftFunction
    | LowerFunction
    | RefuseFunction
    | RefuseCoreFunction
    | TaskBuiltin
    | TaskReturn
    | ErrorContextBuiltin
    | ResourceBuiltin
    | TakeImport
    | AddExport
)


@dataclass(eq=False, slots=True)
class Plan:
    """A component that has been validated: its type and its steps.

    ``modules`` are the core modules of the whole file, as bytes, with the offset of each; nested
    components share the list.
    """

    type: ComponentType
    steps: Sequence[Step]
    modules: Sequence[tuple[int, bytes]] = field(repr=False, default=())
    name: str = ""

    @property
    def imports(self) -> Mapping[str, ExternType]:
        """The component's imports by name."""
        return self.type.imports

    @property
    def exports(self) -> Mapping[str, ExternType]:
        """The component's exports by name."""
        return self.type.exports
