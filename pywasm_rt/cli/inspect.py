"""``pywasm-rt inspect``: what is in a module or component, without running it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from pywasm_rt.cli.failures import printable
from pywasm_rt.component.binary import encode as encode_component
from pywasm_rt.component.component import Component
from pywasm_rt.component.text import parse as parse_component
from pywasm_rt.component.text.recognition import is_component_text
from pywasm_rt.component.types import ComponentType
from pywasm_rt.component.wit import describe, print_wit
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.binary.sections import SectionExtent, is_component, scan_sections
from pywasm_rt.wasm.feature_use import features_used
from pywasm_rt.wasm.features import Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text import parse
from pywasm_rt.wasm.text.identifiers import ModuleIdentifiers
from pywasm_rt.wasm.text.type_printer import TypePrinter
from pywasm_rt.wasm.types import ExternKind

__all__ = ["inspect"]

EVERYTHING = Features(
    legacy_exceptions=True, threads=True, custom_page_sizes=True, wide_arithmetic=True
)


@click.command()
@click.argument(
    "source", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True)
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON object for tools.")
@click.option("--wit", "wit_only", is_flag=True, help="Print a component's world as WIT alone.")
def inspect(source: Path, as_json: bool, wit_only: bool) -> None:
    """Show what a module or component holds, imports, exports and needs.

    Of a component its world is shown as WIT.
    """
    if as_json and wit_only:
        raise click.UsageError("--json and --wit exclude each other")
    data = sys.stdin.buffer.read() if str(source) == "-" else source.read_bytes()
    if is_component(data):
        report = _component(data)
    elif data[:4] != b"\0asm" and is_component_text(data):
        report = _component(encode_component(parse_component(data, file=str(source))))
    elif data[:4] == b"\0asm":
        report = _module(decode(data, EVERYTHING), data)
    else:
        module = parse(data, EVERYTHING, file=str(source))
        report = _module(module, encode(module))
    if wit_only:
        if "world" not in report:
            raise click.UsageError(f"{source} is a core module, which has no world")
        click.echo(str(report["world"]).rstrip("\n"))
    elif as_json:
        click.echo(json.dumps(report, indent=2))
    else:
        for line in _lines(report):
            click.echo(printable(line))


def _sections(data: bytes) -> list[dict[str, object]]:
    return [_section(extent) for extent in scan_sections(data)]


def _section(extent: SectionExtent) -> dict[str, object]:
    kind = f"{extent.kind} {extent.name!r}" if extent.kind == "custom" else extent.kind
    return {"kind": kind, "offset": extent.offset, "size_bytes": extent.size_bytes}


def _component(data: bytes) -> dict[str, object]:
    component = Component.from_binary(data)
    world = ComponentType(component.imports, component.exports)
    return {
        "kind": "component",
        "size_bytes": len(data),
        "sections": _sections(data),
        "imports": list(component.imports),
        "exports": list(component.exports),
        "world": print_wit(describe(world)),
    }


def _module(module: Module, data: bytes) -> dict[str, object]:
    return {
        "kind": "core module",
        "size_bytes": len(data),
        "sections": _sections(data),
        "imports": list(_imports(module)),
        "exports": list(_exports(module)),
        "features": features_used(module),
        "functions": len(module.functions),
        "instructions": sum(len(f.body.instructions) for f in module.functions),
    }


def _imports(module: Module) -> Iterator[str]:
    types = TypePrinter(module, ModuleIdentifiers(module))
    for item in module.imports:
        yield f"{item.module}.{item.name}: {item.kind.keyword} {types.extern(item.type)}"


def _exports(module: Module) -> Iterator[str]:
    types = TypePrinter(module, ModuleIdentifiers(module))
    functions = [
        item.type.type_index  # type: ignore[union-attr]
        for item in module.imported(ExternKind.FUNCTION)
    ]
    functions += [function.type_index for function in module.functions]
    for export in module.exports:
        shown = f"{export.kind.keyword} {export.index}"
        if export.kind is ExternKind.FUNCTION and export.index < len(functions):
            shown += f" {types.use(functions[export.index])}"
        yield f"{export.name}: {shown}"


def _lines(report: dict[str, object]) -> Iterator[str]:
    """The report for a person."""
    yield f"{report['kind']}, {report['size_bytes']} bytes"
    sections = report["sections"]
    assert isinstance(sections, list)
    yield "\nsections (offset, bytes):"
    for section in sections:
        yield f"  {section['offset']:>10}  {section['size_bytes']:>10}  {section['kind']}"
    if "world" in report:
        yield f"\n{report['world']}".rstrip()
        return
    for name in ("imports", "exports"):
        items = report[name]
        assert isinstance(items, list)
        yield f"\n{name}:" if items else f"\n{name}: none"
        yield from (f"  {item}" for item in items)
    features = report["features"]
    assert isinstance(features, dict)
    yield "\nfeatures needed:" if features else "\nfeatures needed: none beyond WebAssembly 1.0"
    yield from (f"  {name.replace('_', '-')}: {what}" for name, what in features.items())
    yield f"\n{report['functions']} functions, {report['instructions']} instructions"
