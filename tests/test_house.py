"""The habits of the house, as code: what a reader may rely on in every file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
PACKAGE = REPOSITORY / "pywasm_rt"
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
FORBIDDEN_NAMES = {"utils", "helpers", "common", "manager", "base", "misc"}
# The loop that runs WebAssembly: one case after the other.
DISPATCH = {("machine.py", "execute")}
# One row a line, however many instructions there are.
TABLES = {PACKAGE / "wasm" / "instructions" / "table.py"}
# A loop that dispatches is as long as its cases; splitting it would hide what it is.
DISPATCH_LOOPS = {(PACKAGE / "engine" / "reference" / "machine.py", "execute")}

MODULES = sorted(path for path in PACKAGE.rglob("*.py") if "examples" not in path.parts)


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Every function of a tree, nested ones too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def module_id(path: Path) -> str:
    """The name a test is known by."""
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_module_is_short_and_says_what_it_exports(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    if path not in TABLES:
        assert text.count("\n") <= MAX_FILE_LINES
    assert path.stem not in FORBIDDEN_NAMES
    assert ast.get_docstring(tree), "a module begins with what it is"
    names = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name)
    }
    defines = any(isinstance(node, ast.FunctionDef | ast.ClassDef) for node in tree.body)
    assert "__all__" in names or not defines, "a module that defines something has __all__"


@pytest.mark.parametrize("path", MODULES, ids=module_id)
def test_functions_are_short(path: Path) -> None:
    if path in TABLES:
        pytest.skip("a table is as long as what it lists")
    for function in functions(ast.parse(path.read_text())):
        if (path.name, function.name) in DISPATCH:
            continue
        if (path, function.name) in DISPATCH_LOOPS:
            continue
        length = (function.end_lineno or 0) - function.lineno + 1
        assert length <= MAX_FUNCTION_LINES, f"{function.name} has {length} lines"


def test_ci_runs_the_readme_commands() -> None:
    readme = (REPOSITORY / "README.md").read_text()
    run = (REPOSITORY / ".ci" / "run").read_text()
    for name in ("install and run", "install and test"):
        assert f"```sh\n# {name}\n" in readme
        assert f"readme_block '{name}'" in run
