"""The arguments of a function, from the command line."""

from __future__ import annotations

from collections.abc import Sequence

import click

from pywasm_rt.app.program import Program
from pywasm_rt.errors import ComponentError, ParseError

__all__ = ["parse_arguments"]


def parse_arguments(program: Program, texts: Sequence[str]) -> tuple[object, ...]:
    """The arguments of a command as values. Raises click.UsageError, which shows the signature.

    A function without parameters takes none, but its guest may ask for those of the command line.
    """
    if not program.type.parameters and program.sees_arguments:
        return ()
    try:
        return program.parse_arguments(texts)
    except ComponentError as error:
        raise click.UsageError(error.message) from error
    except ParseError as error:
        message = f"{error.message}; the signature is {program.type}"
        raise click.UsageError(message) from error
