"""``pywasm-rt wat2wasm``, ``wasm2wat``, ``validate`` and ``explain``: tools for single files."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from pywasm_rt.cli.failures import FAILURE, describe, printable, report
from pywasm_rt.errors import WasmError
from pywasm_rt.wasm.binary import decode, encode
from pywasm_rt.wasm.binary.sections import is_component
from pywasm_rt.wasm.features import DEFAULT, Features
from pywasm_rt.wasm.module import Module
from pywasm_rt.wasm.text import parse, print_module
from pywasm_rt.wasm.types import ExternKind
from pywasm_rt.wasm.validate import trace, validate

__all__ = ["explain", "read_module", "validate_files", "wasm2wat", "wat2wasm"]

_FEATURES = [field.name.replace("_", "-") for field in fields(Features)]
_SOURCE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


def _feature_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """``--enable FEATURE`` and ``--disable FEATURE``, as often as wanted."""
    choice = click.Choice(_FEATURES)
    for name in ("disable", "enable"):
        command = click.option(
            f"--{name}",
            f"{name}d",
            multiple=True,
            type=choice,
            metavar="FEATURE",
            help=f"{name.capitalize()} a feature of the language.",
        )(command)
    return command


def features_from(enabled: tuple[str, ...], disabled: tuple[str, ...]) -> Features:
    """The default features with some switched."""
    switches = dict.fromkeys((name.replace("-", "_") for name in enabled), True)
    switches.update(dict.fromkeys((name.replace("-", "_") for name in disabled), False))
    return DEFAULT.with_(**switches)


def _read(path: Path) -> bytes:
    return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()


def read_module(path: Path, features: Features) -> Module:
    """A module from a file, binary or text as its first bytes say.

    Raises DecodeError, ParseError, UnsupportedFeature, OSError.
    """
    data = _read(path)
    if is_component(data):
        raise WasmError(f"{path} is a component; this command is for core modules")
    if data[:4] == b"\0asm":
        return decode(data, features)
    return parse(data, features, file=str(path))


def _write(data: bytes, output: Path) -> None:
    if str(output) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        output.write_bytes(data)


@click.command()
@click.argument("source", metavar="FILE", type=_SOURCE)
@click.option("-o", "--output", type=_SOURCE, help="Default: FILE with the ending .wasm.")
@_feature_options
def wat2wasm(
    source: Path, output: Path | None, enabled: tuple[str, ...], disabled: tuple[str, ...]
) -> None:
    """Turn the text of a module into its binary, after validating it."""
    features = features_from(enabled, disabled)
    module = read_module(source, features)
    validate(module, features)
    if output is None:
        output = Path("-") if str(source) == "-" else source.with_suffix(".wasm")
    _write(encode(module), output)


@click.command()
@click.argument("source", metavar="FILE", type=_SOURCE)
@click.option("-o", "--output", type=_SOURCE, default=Path("-"), help="Default: standard output.")
@click.option("--fold", is_flag=True, help="Put operands inside the instruction that takes them.")
@_feature_options
def wasm2wat(
    source: Path,
    output: Path,
    fold: bool,
    enabled: tuple[str, ...],
    disabled: tuple[str, ...],
) -> None:
    """Turn a module into text."""
    module = read_module(source, features_from(enabled, disabled))
    _write(print_module(module, fold=fold).encode(), output)


@click.command("validate")
@click.argument("sources", metavar="FILE...", type=_SOURCE, nargs=-1, required=True)
@_feature_options
@click.pass_context
def validate_files(
    ctx: click.Context,
    sources: tuple[Path, ...],
    enabled: tuple[str, ...],
    disabled: tuple[str, ...],
) -> None:
    """Validate modules, binary or text. Says nothing if all are valid."""
    features = features_from(enabled, disabled)
    failed = False
    for source in sources:
        try:
            validate(read_module(source, features), features)
        except WasmError as error:
            failed = True
            report(f"{source}: {describe(error)}")
    if failed:
        ctx.exit(FAILURE)


def _function_index(module: Module, name: str) -> int:
    """A defined function by index, export or name."""
    imported = len(module.imported(ExternKind.FUNCTION))
    count = imported + len(module.functions)
    wanted = name.removeprefix("$")
    known = {label: index for index, label in module.names.functions.items()}
    known.update({e.name: e.index for e in module.exports if e.kind is ExternKind.FUNCTION})
    index = int(wanted) if wanted.isdecimal() else known.get(wanted)
    if index is None or index >= count:
        names = ", ".join(sorted(known)) or f"0 to {count - 1}"
        raise WasmError(f"no function {name}; there are: {names}")
    if index < imported:
        raise WasmError(f"function {name} is imported: it has no body to explain")
    return index


def _explanation(module: Module, features: Features, index: int) -> Iterator[str]:
    """Each instruction, what it does, and the types on the stack before it."""
    points = trace(validate(module, features), index)
    function = module.functions[index - len(module.imported(ExternKind.FUNCTION))]
    depth = 0
    for pc, instruction in enumerate(function.body.instructions):
        word = instruction.row.mnemonic
        if word in ("end", "else"):
            depth = max(0, depth - 1)
        operands = " ".join("?" if t is None else str(t) for t in points.at(pc).operands)
        text = "  " * depth + str(instruction)
        yield f"{pc:5}  {text:32}  [{operands}]"
        yield f"{'':7}{'  ' * depth}; {instruction.row.explain}"
        if word in ("block", "loop", "if", "else", "try_table", "try"):
            depth += 1


@click.command()
@click.argument("source", metavar="FILE", type=_SOURCE)
@click.argument("function", metavar="FUNC")
@_feature_options
def explain(
    source: Path, function: str, enabled: tuple[str, ...], disabled: tuple[str, ...]
) -> None:
    """Explain a function (by index, export or name): every instruction in a sentence.

    Before each instruction stand its number and behind it the types of the operands that are on
    the stack when it begins.
    """
    features = features_from(enabled, disabled)
    module = read_module(source, features)
    for line in _explanation(module, features, _function_index(module, function)):
        click.echo(printable(line))
