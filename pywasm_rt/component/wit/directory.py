"""WIT packages as folders: the ``*.wit`` files of a package, and ``deps`` with others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pywasm_rt.component.wit.model import Resolution
from pywasm_rt.component.wit.parser import parse
from pywasm_rt.component.wit.resolver import resolve
from pywasm_rt.component.wit.syntax import Document
from pywasm_rt.errors import ParseError

__all__ = ["load"]


def load(path: str | Path, features: Iterable[str] = ()) -> Resolution:
    """Read and resolve a WIT file, or a folder of them with its ``deps``.

    In ``deps``, each file and each folder is a package. Raises ParseError for faults in the text,
    and for a path that cannot be read.
    """
    root = Path(path)
    if not root.is_dir():
        return resolve([_parse(root)], features=features)
    dependencies = []
    for dependency in _sorted(root / "deps"):
        files = _wit_files(dependency) if dependency.is_dir() else [dependency]
        if files and all(file.suffix == ".wit" for file in files):
            dependencies.append([_parse(file) for file in files])
    files = _wit_files(root)
    if not files:
        raise ParseError(f"there is no .wit file in {root}")
    return resolve([_parse(file) for file in files], dependencies, features)


def _wit_files(folder: Path) -> list[Path]:
    return [path for path in _sorted(folder) if path.suffix == ".wit" and path.is_file()]


def _sorted(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _parse(path: Path) -> Document:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ParseError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ParseError(f"{path} is not UTF-8: byte {error.start}") from error
    return parse(text, str(path))
