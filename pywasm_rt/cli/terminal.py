"""The terminal's streams as a guest's, and what a process leaves behind as output and status."""

from __future__ import annotations

import json
import sys
from typing import IO

import click

from pywasm_rt.app.standard_streams import StandardStreams
from pywasm_rt.cli.failures import FAILURE, describe, report
from pywasm_rt.component.types import FunctionType, ResultType
from pywasm_rt.component.values import Err
from pywasm_rt.operations import ByteSink, ByteSource
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.wasi.capabilities.stdio import (
    BytesSource,
    FileObjectSink,
    FileObjectSource,
    NullSink,
)
from pywasm_rt.wasi.context import Terminals

__all__ = ["finish", "terminal_streams"]

MAX_STATUS = 255


def terminal_streams() -> StandardStreams:
    """Our own standard streams; what is closed reads as empty and swallows writes."""
    stdin: ByteSource = BytesSource() if sys.stdin is None else FileObjectSource(sys.stdin)
    return StandardStreams(
        stdin=stdin,
        stdout=_sink(sys.stdout),
        stderr=_sink(sys.stderr),
        terminals=Terminals(*(_is_terminal(it) for it in (sys.stdin, sys.stdout, sys.stderr))),
    )


def _sink(file: IO[str] | None) -> ByteSink:
    return NullSink() if file is None else FileObjectSink(file)


def _is_terminal(file: IO[str] | None) -> bool:
    return file is not None and file.isatty()


def finish(result: ExitResult, type: FunctionType | None) -> int:
    """Print a process's result, or its error on stderr; the exit status.

    With ``type`` a string is printed as it is and other values in WAVE; without (for Lua) as JSON.
    The guest's own exit code passes through. The status of an ``err`` is 1; it is printed, unless
    the type is a bare ``result``, which says nothing else. Raises BrokenPipeError for a process
    that failed because nobody reads its output.
    """
    if result.error is not None:
        if isinstance(result.error.__cause__, BrokenPipeError):
            raise result.error.__cause__
        code = result.error.details.get("exit_code")
        if isinstance(code, int):
            return code if code <= MAX_STATUS else code & MAX_STATUS or FAILURE
        report(describe(result.error))
        return FAILURE
    if type is not None:
        if type.result not in {None, ResultType()}:
            from pywasm_rt.component.wave import format_result  # noqa: PLC0415

            click.echo(format_result(result.value, type.result))
    elif result.value is not None:
        click.echo(_plain(result.value))
    return FAILURE if isinstance(result.value, Err) else 0


def _plain(value: object) -> str:
    """A Lua value as text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    return json.dumps(_in_order(value), ensure_ascii=False, default=str)


def _in_order(value: object) -> object:
    """The same with the keys of tables sorted: Lua keeps them in no order."""
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: str(pair[0]))
        return {key: _in_order(item) for key, item in pairs}
    return [_in_order(item) for item in value] if isinstance(value, list) else value
