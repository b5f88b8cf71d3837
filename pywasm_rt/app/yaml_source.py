"""YAML text as a tree of nodes that know their lines.

PyYAML's ``compose`` gives the structure, :mod:`~pywasm_rt.app.scalars` the values. What YAML allows
and a configuration does not (duplicate keys, keys that are lists) is a fault; the rest of the file
is still read, so that a person sees everything at once. Hostile text (nesting, alias bombs, size)
is a fault too, never another exception.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import yaml

from pywasm_rt.app.scalars import TAG_PREFIX, resolve_tag, scalar_value
from pywasm_rt.errors import Fault, FieldLocation

__all__ = ["Document", "Node", "PathStep", "read_yaml"]

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_NODES = 100_000

PathStep = str | int


@dataclass(frozen=True, slots=True)
class Node:
    """A value with its place.

    ``value`` is a scalar (None, bool, int, float, str), a tuple of nodes, or a dict from text to
    node. ``key_lines`` tells for a dict the line on which each key is written. ``line`` counts
    from 1; ``text_line`` is the line of a text's first character, which for a block (``|``) is the
    one after.
    """

    value: object
    line: int
    key_lines: dict[str, int] = field(default_factory=dict)
    text_line: int = 0

    def plain(self) -> object:
        """The value without places: scalars, lists and dicts."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, tuple):
            return [node.plain() for node in self.value]
        return self.value

    def get(self, key: str) -> Node | None:
        """The node under ``key`` of a dict; None if this is none or has no such key."""
        found = self.value.get(key) if isinstance(self.value, dict) else None
        return found if isinstance(found, Node) else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """The pairs of a dict; nothing for other nodes."""
        if isinstance(self.value, dict):
            yield from self.value.items()

    def elements(self) -> Sequence[Node]:
        """The elements of a list; nothing for other nodes."""
        return self.value if isinstance(self.value, tuple) else ()

    def at(self, path: Sequence[PathStep]) -> Node | None:
        """The node at ``path``; None if there is none."""
        node: Node | None = self
        for step in path:
            if node is None:
                break
            elements = node.elements()
            if isinstance(step, int):
                node = elements[step] if step < len(elements) else None
            else:
                node = node.get(step)
        return node

    def line_of(self, path: Sequence[PathStep]) -> int:
        """The line on which ``path`` begins, or that of its nearest ancestor that exists."""
        node, line = self, self.line
        for step in path:
            if isinstance(node.value, dict) and step in node.value:
                line = node.key_lines.get(str(step), line)
                node = node.value[str(step)]
            elif isinstance(step, int) and step < len(node.elements()):
                node = node.elements()[step]
                line = node.line
            else:
                break
        return line


@dataclass(frozen=True, slots=True)
class Document:
    """What a YAML file says: its root (None if empty or unreadable) and what is wrong with it."""

    root: Node | None
    faults: tuple[Fault, ...] = ()


class _Loader(yaml.SafeLoader):
    """PyYAML's composer with a limit on nesting and the scalars of YAML 1.2."""

    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = f"nested deeper than {MAX_DEPTH}"
            raise yaml.MarkedYAMLError(problem=problem, problem_mark=self.get_mark())
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def resolve(self, kind: type[yaml.Node], value: object, implicit: object) -> str:
        if kind is yaml.ScalarNode:
            plain = isinstance(implicit, tuple) and implicit[0]
            return resolve_tag(str(value)) if plain else TAG_PREFIX + "str"
        return TAG_PREFIX + ("seq" if kind is yaml.SequenceNode else "map")


def read_yaml(data: bytes, file: str) -> Document:
    """Read one YAML document; ``file`` is the name that faults show. Raises nothing."""

    def failed(line: int, message: str, suggestion: str = "") -> Document:
        return Document(None, (Fault(message, FieldLocation(file, line), suggestion),))

    if len(data) > MAX_BYTES:
        return failed(1, f"a YAML file may have at most {MAX_BYTES} bytes, this has {len(data)}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return failed(data.count(b"\n", 0, error.start) + 1, "invalid YAML: not UTF-8 text")
    try:
        loader = _Loader(text)
        root = loader.get_single_node()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        hint = "indent with spaces, not tabs" if "'\\t'" in str(error.problem) else ""
        return failed(mark.line + 1 if mark else 1, f"invalid YAML: {error.problem}", hint)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return failed(line, f"invalid YAML: the character {chr(error.character)!r} is not allowed")
    except (ValueError, OverflowError, IndexError) as error:
        # PyYAML's scanner lets these through for a few malformed escapes and directives.
        return failed(1, f"invalid YAML: {error}")
    if root is None:
        return Document(None)
    builder = _Builder(file)
    node = builder.build(root, 0)
    return Document(node if not builder.exhausted else None, tuple(builder.faults))


class _Builder:
    """Turns PyYAML's nodes into ours. Aliases are expanded; their number is bounded."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self.count = 0
        self.exhausted = False

    def build(self, node: yaml.Node, depth: int) -> Node:
        """Convert ``node``; a faulty part becomes None in the result."""
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            if not self.exhausted:
                self.exhausted = True
                self.fault(line, "too many or too deeply nested aliases")
            return Node(None, line)
        if isinstance(node, yaml.ScalarNode):
            return self.scalar(node, line)
        expected = "map" if isinstance(node, yaml.MappingNode) else "seq"
        if node.tag != TAG_PREFIX + expected:
            self.fault(line, f"unknown tag {node.tag.replace(TAG_PREFIX, '!!')}")
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, line, depth)
        elements = []
        for child in node.value:
            if self.exhausted:
                break
            elements.append(self.build(child, depth + 1))
        return Node(tuple(elements), line)

    def scalar(self, node: yaml.ScalarNode, line: int) -> Node:
        """A scalar by its tag."""
        try:
            value = scalar_value(node.tag, node.value)
        except ValueError as error:
            self.fault(line, f"invalid YAML: {error}")
            return Node(None, line)
        if isinstance(value, str) and any("\ud800" <= char <= "\udfff" for char in value):
            self.fault(line, "invalid YAML: a surrogate is not a character")
            return Node(None, line)
        return Node(value, line, text_line=line + (node.style in {"|", ">"}))

    def mapping(self, node: yaml.MappingNode, line: int, depth: int) -> Node:
        """A mapping; keys are taken as they are written. ``<<`` brings in another mapping."""
        values: dict[str, Node] = {}
        lines: dict[str, int] = {}
        merged: list[tuple[yaml.Node, int]] = []
        for key, child in node.value:
            if self.exhausted:
                break
            key_line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                self.fault(key_line, "a key must be text")
            elif key.value == "<<" and key.style is None:
                merged.append((child, key_line))
            elif key.value in values:
                first = lines[key.value]
                self.fault(
                    key_line, f'duplicate key "{key.value}"', f"first on line {first}", key.value
                )
            else:
                values[key.value] = self.build(child, depth + 1)
                lines[key.value] = key_line
        for child, key_line in merged:
            self.merge(self.build(child, depth + 1), values, lines, key_line)
        return Node(values, line, lines)

    def merge(
        self, source: Node, values: dict[str, Node], lines: dict[str, int], key_line: int
    ) -> None:
        """Bring the keys of ``source`` (a mapping or a list of them) in, below those there are."""
        for part in source.elements() or (source,):
            if not isinstance(part.value, dict) and not self.exhausted:
                self.fault(key_line, "<< needs a mapping or a list of mappings")
            for key, node in part.items():
                if key not in values:
                    values[key] = node
                    lines[key] = part.key_lines.get(key, key_line)

    def fault(self, line: int, message: str, suggestion: str = "", name: str = "") -> None:
        """Note a fault."""
        self.faults.append(Fault(message, FieldLocation(self.file, line, name), suggestion))
