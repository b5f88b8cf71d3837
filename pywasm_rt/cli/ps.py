"""``pywasm-rt ps`` and ``top``: what a running application does."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from pywasm_rt.app.status import ask, socket_path
from pywasm_rt.cli.failures import printable
from pywasm_rt.cli.parameters import duration_ms

__all__ = ["process_table", "ps", "service_tree", "top"]

_PIPE_WIDTH = 200
_UNITS = ("", "k", "M", "G", "T")
_SHADES = {"running": "green", "failed": "red", "restarting": "yellow", "exited": "dim"}


def amount(value: float | None) -> str:
    """A number in at most five characters: ``999``, ``1.2k``, ``64M``; ``-`` for what nobody
    counts.
    """
    if value is None:
        return "-"
    for unit in _UNITS:
        if value < 1_000 or unit == _UNITS[-1]:
            return f"{value:.0f}{unit}" if value >= 10 or not unit else f"{value:.1f}{unit}"
        value /= 1_000
    return str(value)


def age(seconds: float) -> str:
    """``12s``, ``5m``, ``3h``, ``9d``."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds / size:.0f}{unit}"
    return f"{seconds:.0f}s"


def _console() -> Console:
    """Where tables go; what is no terminal has room for long lines."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)


def process_table(status: dict[str, Any]) -> Table:
    """The processes, one a line."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("PID", no_wrap=True)
    table.add_column("ENTRY", no_wrap=True)
    table.add_column("STATE", no_wrap=True)
    for name in ("FUEL", "MEMORY", "MAIL", "AGE", "RESTARTS"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("WAITS FOR", no_wrap=True)
    restarts = {it["id"]: it["restarts"] for it in status["services"]}
    owners = {pid: it["id"] for it in status["services"] for pid in it["pids"]}
    for it in status["processes"]:
        names = f" ({', '.join(it['names'])})" if it["names"] else ""
        table.add_row(
            printable(it["pid"] + names),
            printable(it["entry"]),
            it["state"],
            amount(it["fuel"]),
            amount(it["memory_bytes"]),
            str(it["mailbox_messages"]),
            age(it["age_seconds"]),
            str(restarts.get(owners.get(it["pid"], ""), "")),
            printable(it["waits_for"]),
        )
    return table


def service_tree(status: dict[str, Any]) -> Tree:
    """The services under their supervisors, with the processes that they run."""
    tree = Tree("application")
    services = {it["id"]: it for it in status["services"]}
    places: dict[str, Tree] = {}

    def place(id: str) -> Tree:
        if id not in places:
            service = services[id]
            above = tree if service["supervisor"] is None else place(service["supervisor"])
            places[id] = above.add(_service_line(service))
            by_pid = {it["pid"]: it for it in status["processes"]}
            for pid in service["pids"]:
                if pid in by_pid:
                    places[id].add(_process_line(by_pid[pid]))
        return places[id]

    for id in services:
        place(id)
    owned = {pid for it in services.values() for pid in it["pids"]}
    others = [it for it in status["processes"] if it["pid"] not in owned]
    if others:
        branch = tree.add("other processes")
        _add_children(branch, others)
    return tree


def _add_children(branch: Tree, processes: Iterable[dict[str, Any]]) -> None:
    """Processes below those that started them."""
    places: dict[str, Tree] = {}
    for process in processes:
        above = places.get(process["parent"] or "", branch)
        places[process["pid"]] = above.add(_process_line(process))


def _service_line(service: dict[str, Any]) -> Text:
    line = Text(printable(service["id"]))
    line.append(f" {service['state']}", style=_SHADES.get(service["state"], ""))
    if service["strategy"]:
        line.append(f" {service['strategy']}")
    if service["restarts"]:
        line.append(f" restarts {service['restarts']}")
    if service["address"]:
        line.append(f" {service['address']}", style="cyan")
    if service["error"] and service["state"] in {"failed", "restarting"}:
        line.append(f" {printable(service['error'])}", style="red")
    return line


def _process_line(process: dict[str, Any]) -> Text:
    line = Text(printable(f"{process['pid']} {process['entry']} {process['state']}"))
    if process["waits_for"]:
        line.append(f" waits for {printable(process['waits_for'])}", style="dim")
    return line


@click.command()
@click.option("--tree", "as_tree", is_flag=True, help="Services under their supervisors.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def ps(folder: Path, /, *, as_tree: bool, as_json: bool) -> None:
    """List the processes of the application, which is running with "pywasm-rt run"."""
    status = ask(socket_path(folder), "status")
    if as_json:
        click.echo(json.dumps(status, indent=2))
        return
    console = _console()
    console.print(service_tree(status) if as_tree else process_table(status))


@click.command()
@click.option(
    "--interval",
    "interval_ms",
    metavar="SECONDS",
    type=duration_ms,
    default="1s",
    show_default=True,
    help="How often to look.",
)
@click.option("--count", metavar="N", type=click.IntRange(min=1), help="End after N looks.")
@click.pass_obj
def top(folder: Path, /, interval_ms: int, count: int | None) -> None:
    """Show the processes and services of the running application again and again, until Ctrl-C."""
    path = socket_path(folder)
    with Live(console=_console(), auto_refresh=False, transient=False) as live:
        looks = 0
        while True:
            status = ask(path, "status")
            live.update(Group(service_tree(status), Text(), process_table(status)), refresh=True)
            looks += 1
            if looks == count:
                return
            time.sleep(interval_ms / 1_000)
