"""``pywasm-rt init DIR``: write the demo application."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from pywasm_rt.errors import ConfigError, Fault

__all__ = ["init", "write_demo"]


@click.command()
@click.argument("directory", metavar="DIR", type=click.Path(path_type=Path))
@click.pass_obj
def init(folder: Path, directory: Path) -> None:
    """Write the demo application into DIR, which must be new or empty."""
    target = folder / directory
    write_demo(target)
    click.echo(f"The demo application is in {target}. Try:\n")
    for arguments in ("list", "compute 6 7", "greet Ada", "file_processor", "spawn"):
        click.echo(f"  pywasm-rt -C {target} run {arguments}")


def write_demo(target: Path) -> None:
    """Copy the demo into ``target``. Raises ConfigError if something is there, and OSError."""
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        what = "is not empty" if target.is_dir() else "is not a folder"
        raise ConfigError([Fault(f"{target} {what}", None, "nothing was written")])
    _copy(resources.files("pywasm_rt") / "examples" / "demo", target)


def _copy(source: Traversable, target: Path) -> None:
    """Copy a folder of the package, without what Python puts beside its sources."""
    target.mkdir(parents=True, exist_ok=True)
    for item in source.iterdir():
        if item.is_dir():
            if item.name not in {"__pycache__", "output"}:
                _copy(item, target / item.name)
        else:
            (target / item.name).write_bytes(item.read_bytes())
