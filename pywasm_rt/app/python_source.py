"""The files of ``process.py`` entries: read, compiled, and looked into without running them."""

from __future__ import annotations

import ast
import hashlib
from dataclasses import dataclass
from pathlib import Path
from types import CodeType

from pywasm_rt.app.entry import Entry
from pywasm_rt.component.suggestion import hint
from pywasm_rt.errors import Fault, FieldLocation

__all__ = ["Script", "load_script"]


@dataclass(frozen=True, slots=True)
class Script:
    """A file of Python, compiled."""

    code: CodeType
    digest: str


def load_script(entry: Entry, path: Path, method: str) -> tuple[Script | None, list[Fault]]:
    """Compile a file that is to have the coroutine function ``method``; or what is wrong."""
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return None, [entry.raw.fault(f"failed to open file: {path}: {reason}", ("module",))]
    try:
        tree = ast.parse(data, str(path))
        code = compile(data, str(path), "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        message = f"failed to compile python source: {getattr(error, 'msg', error)}"
        return None, [Fault(message, FieldLocation(str(path), line), "", entry.id)]
    names = {
        node.name: isinstance(node, ast.AsyncFunctionDef)
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    if method not in names:
        known = [name for name, is_coroutine in names.items() if is_coroutine]
        message = f'function "{method}" not found in {path}'
        return None, [entry.raw.fault(message, ("method",), hint(method, known))]
    if not names[method]:
        message = f"{method} is no coroutine function"
        return None, [entry.raw.fault(message, ("method",), "write async def")]
    return Script(code, f"sha256:{hashlib.sha256(data).hexdigest()}"), []
