"""How a command ends when something is wrong: what is printed on stderr, and the exit status.

======  ===========================================================================
status  when
======  ===========================================================================
1       a trap, a limit, a fault in a configuration or a binary, anything that failed
2       the command line is wrong: an option, an argument, the name of a command
130     interrupted (Ctrl-C)
141     nobody reads our output any more
other   the guest's own exit code
======  ===========================================================================
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from pywasm_rt.errors import ConfigError, Fault, LineColumn, Trap, WasmError

__all__ = [
    "BROKEN_PIPE",
    "FAILURE",
    "INTERRUPTED",
    "USAGE",
    "GuardedGroup",
    "describe",
    "printable",
    "report",
    "show_faults",
]

FAILURE = 1
USAGE = 2
INTERRUPTED = 130
BROKEN_PIPE = 141
SHOWN_FRAMES = 10
SHOWN_FAULTS = 200


def printable(text: str) -> str:
    """``text`` without characters that a terminal would obey; lines and tabs stay."""
    return "".join(
        char if char.isprintable() or char in "\n\t" else f"\\x{ord(char):02x}" for char in text
    )


def describe(error: BaseException) -> str:
    """One clear message; the lines behind the first say where."""
    if isinstance(error, ConfigError):
        count = len(error.faults)
        if count == 1:
            return str(error.faults[0])
        return "\n".join([f"{count} faults", *map(str, error.faults)])
    lines = [str(error)]
    where = error.where if isinstance(error, WasmError) else None
    if isinstance(where, LineColumn) and where.source_line:
        lines.append(where.caret())
    backtrace = getattr(error, "backtrace", ())
    lines += [f"    {frame}" for frame in backtrace[:SHOWN_FRAMES]]
    if len(backtrace) > SHOWN_FRAMES:
        lines.append(f"    ... and {len(backtrace) - SHOWN_FRAMES} more")
    if isinstance(error, Trap) and not str(error).startswith("trap"):
        lines[0] = f"trap: {lines[0]}"
    return "\n".join(lines)


def report(message: str) -> None:
    """Print ``Error: ...`` on stderr."""
    click.echo(f"{click.style('Error:', fg='red', bold=True)} {printable(message)}", err=True)


def show_faults(faults: Sequence[Fault], as_warnings: bool = False) -> None:
    """Print faults on stderr, each on a line that begins with its file and line.

    Of a great many only the first are shown: then the folder is hardly an application.
    """
    prefix = f"{click.style('warning:', fg='yellow')} " if as_warnings else ""
    for fault in faults[:SHOWN_FAULTS]:
        click.echo(prefix + printable(str(fault)), err=True)
    if len(faults) > SHOWN_FAULTS:
        click.echo(f"{prefix}... and {len(faults) - SHOWN_FAULTS} more faults", err=True)


class GuardedGroup(click.Group):
    """A group of commands that never ends in a traceback of ours."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; our errors, Ctrl-C and a closed pipe become exit statuses."""
        try:
            result: object = super().invoke(ctx)
            _flush()
        except ConfigError as error:
            show_faults(error.faults)
            count = len(error.faults)
            report("1 fault" if count == 1 else f"{count} faults")
            ctx.exit(FAILURE)
        except WasmError as error:
            report(describe(error))
            ctx.exit(FAILURE)
        except KeyboardInterrupt:
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:
            ctx.exit(BROKEN_PIPE)
        except OSError as error:
            name = f"{error.filename}: " if error.filename else ""
            report(f"{name}{error.strerror or error}")
            ctx.exit(FAILURE)
        finally:
            _settle_stdout()
        return result


def _flush() -> None:
    """Hand on what is still buffered. Raises OSError."""
    if sys.stdout is not None and not sys.stdout.closed:
        sys.stdout.flush()


def _settle_stdout() -> None:
    """Let what nobody reads go nowhere, or Python's own flushing at the end would fail again."""
    try:
        _flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
