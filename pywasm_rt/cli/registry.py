"""``pywasm-rt registry``, ``check`` and ``schema``: entries without running them."""

from __future__ import annotations

import json
from pathlib import Path

import click
from rich.cells import cell_len

from pywasm_rt.app.application import Application
from pywasm_rt.app.extensions import default_extensions
from pywasm_rt.app.schema import application_schema
from pywasm_rt.app.selection import MetaCondition, Selection, parse_condition
from pywasm_rt.app.source_files import RawEntry
from pywasm_rt.cli.failures import FAILURE, printable, show_faults
from pywasm_rt.cli.progress import loading_bar
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import ConfigError, Fault

__all__ = ["check", "registry", "schema"]


def _condition(_: click.Context, __: click.Parameter, values: tuple[str, ...]) -> object:
    try:
        return tuple(parse_condition(value) for value in values)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_override = click.option(
    "--override",
    "-o",
    "overrides",
    metavar="NS:ENTRY:FIELD=VALUE",
    multiple=True,
    help="A field's value in place of the one in its file.",
)


def _load(folder: Path, overrides: tuple[str, ...]) -> Application:
    with loading_bar():
        return Application.load(folder, extensions=default_extensions(), overrides=overrides)


@click.group()
def registry() -> None:
    """Look at the application's entries."""


@registry.command("list")
@click.option("--kind", "-k", metavar="PATTERN", help='For example "process.*".')
@click.option("--ns", "-n", "namespace", metavar="PATTERN", help='For example "app.*".')
@click.option("--name", metavar="PATTERN", help="The part behind the colon.")
@click.option(
    "--meta",
    "conditions",
    metavar="CONDITION",
    multiple=True,
    callback=_condition,
    help="field=value, field~regex, field*part, field^start or field$end.",
)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_override
@click.pass_obj
def list_entries(
    folder: Path,
    /,
    kind: str | None,
    namespace: str | None,
    name: str | None,
    conditions: tuple[MetaCondition, ...],
    overrides: tuple[str, ...],
    *,
    as_json: bool,
) -> None:
    """List the entries that fit: ID, kind, and whether they can be used."""
    application = _load(folder, overrides)
    chosen = Selection(kind, namespace, name, conditions).choose(application.raw_entries.values())
    if as_json:
        click.echo(json.dumps([_plain(application, it) for it in chosen], indent=2, default=str))
        return
    width = max((cell_len(it.id) for it in chosen), default=0)
    kinds = max((len(it.kind) for it in chosen), default=0)
    for entry in chosen:
        pad = " " * (width - cell_len(entry.id))
        state = "" if entry.id not in application.unusable else "  has faults"
        line = f"{entry.id}{pad}  {entry.kind:<{kinds}}{state}"
        click.echo(printable(line.rstrip()))


@registry.command("show")
@click.argument("entry_id", metavar="NS:NAME")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@_override
@click.pass_obj
def show_entry(
    folder: Path, /, entry_id: str, overrides: tuple[str, ...], *, as_json: bool
) -> None:
    """Show one entry: its fields, where it is written, what it needs, what is wrong with it."""
    application = _load(folder, overrides)
    entry = application.raw_entries.get(entry_id)
    if entry is None:
        raise click.UsageError(
            f"entry not found: {entry_id} ({hint(entry_id, application.raw_entries)})"
        )
    shown = _plain(application, entry)
    if as_json:
        click.echo(json.dumps(shown, indent=2, default=str))
        return
    for key, value in shown.items():
        if value in ({}, [], "", None):
            continue
        text = value if isinstance(value, str) else json.dumps(value, indent=2, default=str)
        separator = "\n" if "\n" in text else " "
        click.echo(printable(f"{click.unstyle(key)}:{separator}{text}"))


def _plain(application: Application, entry: RawEntry) -> dict[str, object]:
    """An entry as data."""
    place = entry.location()
    program = application.resources.programs.get(entry.id)
    needed_by = [it for it, needs in application.needs.items() if entry.id in needs]
    return {
        "id": entry.id,
        "kind": entry.kind,
        "file": place.file,
        "line": place.line,
        "usable": entry.id not in application.unusable,
        "reason": application.unusable.get(entry.id, ""),
        "signature": program.signature if program is not None else "",
        "digest": program.digest if program is not None else "",
        "needs": sorted(application.needs.get(entry.id, ())),
        "needed_by": sorted(needed_by),
        "faults": [str(fault) for fault in application.faults_of(entry.id)],
        "meta": dict(entry.meta),
        "data": dict(entry.data),
    }


@click.command()
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--warnings", "with_warnings", is_flag=True, help="Warnings count as faults.")
@_override
@click.pass_context
def check(
    ctx: click.Context, /, overrides: tuple[str, ...], *, as_json: bool, with_warnings: bool
) -> None:
    """Check the application without running it: all that is wrong, each with file and line.

    Binaries are read, checked against their hashes, validated and linked; calls and endpoints are
    held against the functions' types. The status is 1 if there is a fault.
    """
    application = _load(ctx.obj, overrides)
    faults, warnings = application.faults, application.warnings
    failed = bool(faults) or (with_warnings and bool(warnings))
    if as_json:
        found = [_fault(it, "fault") for it in faults] + [_fault(it, "warning") for it in warnings]
        click.echo(json.dumps(found, indent=2))
        ctx.exit(FAILURE if failed else 0)
    show_faults(warnings, as_warnings=not with_warnings)
    if failed:
        raise ConfigError(faults or warnings)
    click.echo(f"{len(application.entries)} entries, no faults")


def _fault(fault: Fault, severity: str) -> dict[str, object]:
    where = fault.where
    return {
        "severity": severity,
        "file": where.file if where else "",
        "line": where.line if where else 0,
        "field": where.field if where else "",
        "message": fault.message,
        "suggestion": fault.suggestion,
        "entry": fault.entry_id,
    }


@click.command()
def schema() -> None:
    """Print the JSON Schema of an application's YAML files, for editors."""
    click.echo(json.dumps(application_schema(), indent=2))
