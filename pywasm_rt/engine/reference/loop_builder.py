"""A faster copy of the machine's loop, made from the loop that is there to be read.

:func:`machine.execute` asks ``match op:`` and calls a Python function for every ``i32.add``. That
is right, and slow: Python compares ``op`` with one case after the other, and a call costs more than
an addition. :func:`build_loop` reads the source of ``execute``, and writes a function that does the
same:

1. **Meanings written out.** A meaning that is a single ``return`` (or a few statements without one)
   becomes a case of its own: of ``def i32_add(a, b): return (a + b) & MASK_32`` it makes ::

       case "i32_add": slots[a] = slots[a] + slots[b] & 4294967295

   Lowering puts the slot of the second operand into ``b``, and for a load or store the memory and
   the offset. Constants are written out, other names are found where the meaning finds them.

2. **A tree of comparisons.** ``match`` becomes nested ``if op < 23: ... else: ...``. The tree is a
   Huffman tree of how often instructions are met (:data:`FREQUENCIES`), so that ``local.get`` is
   found by two comparisons and a rare one by ten. The number of a case is its place in the tree.

Nothing else changes; the parts of ``execute`` around ``match`` are copied as they are. To read the
loop that comes out: ``print(ReferenceEngine().loop.source)``.
"""

from __future__ import annotations

import ast
import heapq
import inspect
import sys
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any, cast

from pywasm_rt.engine.reference.machine import Loop, execute
from pywasm_rt.errors import EngineBug
from pywasm_rt.wasm.instructions import InstructionSet, Row

__all__ = ["FREQUENCIES", "PLAIN_LOOP", "BuiltLoop", "build_loop"]

# How often each case is met in a thousand, roughly; cases that are not here count as one.
FREQUENCIES = {
    "copy": 380,
    "constant": 120,
    "nop": 50,
    "i32_add": 90,
    "branch_if": 50,
    "i32_load": 45,
    "branch_unless": 20,
    "loop": 20,
    "i32_store": 25,
    "i32_load8_u": 20,
    "i32_store8": 15,
    "call": 20,
    "return_one": 20,
    "i32_and": 18,
    "i32_sub": 16,
    "i32_shl": 14,
    "i32_eqz": 14,
    "branch": 14,
    "i32_lt_u": 10,
    "i32_lt_s": 10,
    "i32_ge_u": 8,
    "i32_ge_s": 8,
    "i32_gt_u": 8,
    "i32_gt_s": 8,
    "i32_le_u": 5,
    "i32_le_s": 5,
    "i32_eq": 10,
    "i32_ne": 10,
    "i32_mul": 10,
    "i32_xor": 10,
    "i32_or": 8,
    "i32_shr_u": 10,
    "i32_shr_s": 4,
    "i32_rotl": 4,
    "i64_add": 6,
    "i64_load": 6,
    "i64_store": 6,
    "f64_load": 6,
    "f64_store": 5,
    "f64_add": 5,
    "f64_mul": 5,
    "f64_sub": 3,
    "global_get": 8,
    "global_set": 6,
    "select": 5,
    "binary": 8,
    "unary": 5,
    "call_indirect": 4,
    "return": 4,
    "branch_table": 4,
}

# Kinds of immediates that make a case of its own possible, and what ``b`` holds then.
_ACCESS = ("memory_argument",)
_ENTITIES = (("global",), ("memory",), ("table",))
# More statements or parameters are not worth a case, nor are vectors and atomics.
_LONGEST = 4
_SELDOM = (0xFD, 0xFE)


class BuiltLoop:
    """A loop, and which ``op`` stands for which case.

    ``inlined`` are the instructions that have a case of their own. ``tree`` is what the loop was
    compiled from, None for the loop as written.
    """

    __slots__ = ("codes", "inlined", "run", "tree")

    def __init__(
        self,
        run: Loop,
        codes: Mapping[str, object],
        inlined: frozenset[str],
        tree: ast.FunctionDef | None = None,
    ) -> None:
        self.run = run
        self.codes = codes
        self.inlined = inlined
        self.tree = tree

    def code(self, case: str) -> object:
        """What an entry has as ``op`` to reach this case: in the loop as written, its name."""
        return self.codes.get(case, case)

    @property
    def source(self) -> str:
        """Its text, for reading."""
        return inspect.getsource(execute) if self.tree is None else ast.unparse(self.tree)


def build_loop(
    instructions: InstructionSet, meanings: Mapping[str, Callable[..., Any]]
) -> BuiltLoop:
    """The faster loop for these instructions.

    Where Python has no source to read it is :data:`PLAIN_LOOP`.
    """
    sources = _Sources()
    tree = sources.definition(execute)
    if tree is None:
        return PLAIN_LOOP
    match = next(node for node in ast.walk(tree) if isinstance(node, ast.Match))
    namespace = dict(execute.__globals__)
    cases = _written_cases(match)
    inlined: set[str] = set()
    for row in instructions.rows:
        function = meanings.get(row.identifier)
        if function is None or not _is_worth_a_case(row):
            continue
        definition = sources.definition(function)
        body = definition and _inline(definition, function, row.immediates, namespace)
        if body:
            cases[row.identifier] = body
            inlined.add(row.identifier)
    codes: dict[str, object] = {}
    _Replace(match, _decide(_huffman(cases), cases, codes)).visit(tree)
    # What was written out has no lines of its own in the file; a traceback shows "match op:".
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt) and not hasattr(node, "lineno"):
            ast.copy_location(node, match)
    module = ast.fix_missing_locations(ast.Module([tree], []))
    exec(compile(module, execute.__code__.co_filename, "exec"), namespace)
    return BuiltLoop(namespace[execute.__name__], codes, frozenset(inlined), tree)


class _Sources:
    """The syntax trees of functions, each module being read once."""

    def __init__(self) -> None:
        self._modules: dict[str, dict[str, ast.FunctionDef]] = {}

    def definition(self, function: Callable[..., Any]) -> ast.FunctionDef | None:
        """The tree of a function that is defined at the top of a module; None if there is none."""
        name = function.__module__
        if name not in self._modules:
            try:
                tree = ast.parse(inspect.getsource(sys.modules[name]))
            except (OSError, TypeError, SyntaxError, KeyError):
                tree = ast.Module([], [])
            self._modules[name] = {
                node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)
            }
        definition = self._modules[name].get(function.__name__)
        if definition is None or definition.lineno != function.__code__.co_firstlineno:
            return None
        return definition


def _is_worth_a_case(row: Row) -> bool:
    """Whether a case can do what the row's meaning does, and will be met often enough."""
    immediates = row.immediates
    is_possible = not immediates or immediates == _ACCESS or immediates in _ENTITIES
    gives_many = row.stack is not None and len(row.stack.gives) > 1
    return is_possible and not gives_many and row.prefix not in _SELDOM


class _Replace(ast.NodeTransformer):
    """Puts statements in the place of one statement."""

    def __init__(self, old: ast.stmt, new: list[ast.stmt]) -> None:
        self.old = old
        self.new = new

    def visit_Match(self, node: ast.Match) -> Any:
        """Replace the node if it is the one."""
        return self.new if node is self.old else node


def _written_cases(match: ast.Match) -> dict[str, list[ast.stmt]]:
    """The cases of ``match``, by name; one with a guard falls through to the next of its name."""
    cases: dict[str, list[ast.stmt]] = {}
    for case in match.cases:
        patterns = (
            case.pattern.patterns if isinstance(case.pattern, ast.MatchOr) else [case.pattern]
        )
        for pattern in patterns:
            if not isinstance(pattern, ast.MatchValue) or not isinstance(
                pattern.value, ast.Constant
            ):
                raise EngineBug("the cases of the machine's loop are strings")
            name = str(pattern.value.value)
            body: list[ast.stmt] = case.body
            if case.guard is not None:
                body = [ast.If(case.guard, case.body, [])]
            cases.setdefault(name, [])
            _append(cases[name], body)
    return cases


def _append(present: list[ast.stmt], more: list[ast.stmt]) -> None:
    """Have ``more`` done where ``present``, a guarded case, does nothing."""
    if present and isinstance(present[-1], ast.If) and not present[-1].orelse:
        present[-1].orelse = more
    else:
        present.extend(more)


def _inline(
    definition: ast.FunctionDef,
    function: Callable[..., Any],
    immediates: tuple[str, ...],
    namespace: dict[str, Any],
) -> list[ast.stmt] | None:
    """The body of a case that does what the function does, or None if it is to be called."""
    body = definition.body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        body = body[1:]
    parameters = [argument.arg for argument in definition.args.args]
    if definition.args.vararg or len(parameters) > _LONGEST or not _is_short(body):
        return None
    renaming = _Renaming(_places(parameters, immediates), function, namespace)
    renamed = [renaming.visit(statement) for statement in body]
    if immediates == _ACCESS:
        renamed[:0] = ast.parse("memory, offset = b\naddress = slots[a] + offset").body
    return renamed if renaming.succeeded else None


def _is_short(body: list[ast.stmt]) -> bool:
    """Whether a body is a single ``return``, or a few statements without any."""
    if len(body) == 1 and isinstance(body[0], ast.Return):
        return body[0].value is not None
    nodes = [node for statement in body for node in ast.walk(statement)]
    return (
        0 < len(body) <= _LONGEST
        and all(isinstance(statement, ast.Assign | ast.If) for statement in body)
        and not any(isinstance(node, ast.Return | ast.Raise | ast.Lambda) for node in nodes)
    )


def _places(parameters: list[str], immediates: tuple[str, ...]) -> dict[str, str]:
    """Where a case finds what the function calls its parameters."""
    if immediates == _ACCESS:
        memory, address, *rest = parameters
        values = [f"slots[a + {number}]" for number in range(1, len(rest) + 1)]
        return {memory: "memory", address: "address", **dict(zip(rest, values, strict=True))}
    if immediates:
        entity, *operands = parameters
        slots = ["slots[a]", "slots[a + 1]", "slots[a + 2]"][: len(operands)]
        return {entity: "b", **dict(zip(operands, slots, strict=True))}
    slots = ["slots[a]", "slots[b]", "slots[b + 1]", "slots[b + 2]"][: len(parameters)]
    return dict(zip(parameters, slots, strict=True))


class _Renaming(ast.NodeTransformer):
    """Turns a meaning's body into a case's: parameters become slots, constants numbers, and
    ``return x`` becomes ``slots[a] = x``.
    """

    def __init__(
        self, places: dict[str, str], function: Callable[..., Any], namespace: dict[str, Any]
    ) -> None:
        self.places = places
        self.known = function.__globals__
        self.namespace = namespace
        self.succeeded = True

    def visit_Name(self, node: ast.Name) -> ast.expr:
        """A parameter, a constant, or something that is found where the meaning finds it."""
        if isinstance(node.ctx, ast.Store):
            self.succeeded = False  # its own variables might be the loop's
        if node.id in self.places:
            return cast("ast.Expr", ast.parse(self.places[node.id]).body[0]).value
        value = self.known.get(node.id)
        if isinstance(value, int):
            return ast.Constant(value)
        if node.id in self.known and self.namespace.setdefault(node.id, value) is not value:
            self.succeeded = False  # another thing of this name is there already
        return node

    def visit_Return(self, node: ast.Return) -> ast.stmt:
        """Leave the result in the slot of the first operand."""
        assert node.value is not None
        target = cast("ast.Assign", ast.parse("slots[a] = 0").body[0]).targets
        return ast.Assign(target, self.visit(node.value))


# A leaf is a case's name, an inner node a pair.
_Tree = Any


def _huffman(cases: Mapping[str, object]) -> _Tree:
    """The tree that needs the fewest comparisons on the average."""
    number = count()
    heap: list[tuple[int, int, _Tree]] = [
        (FREQUENCIES.get(name, 1), next(number), name) for name in cases
    ]
    heapq.heapify(heap)
    while len(heap) > 1:
        left, right = heapq.heappop(heap), heapq.heappop(heap)
        # The more frequent side goes left, where a comparison that holds is not a jump.
        heapq.heappush(heap, (left[0] + right[0], next(number), (right[2], left[2])))
    return heap[0][2]


def _decide(
    tree: _Tree, cases: dict[str, list[ast.stmt]], codes: dict[str, object]
) -> list[ast.stmt]:
    """Nested comparisons for a tree; its cases get numbers from left to right."""
    if isinstance(tree, str):
        codes[tree] = len(codes)
        return cases[tree]
    left = _decide(tree[0], cases, codes)
    border = ast.Compare(ast.Name("op", ast.Load()), [ast.Lt()], [ast.Constant(len(codes))])
    return [ast.If(border, left, _decide(tree[1], cases, codes))]


PLAIN_LOOP = BuiltLoop(execute, {}, frozenset())
