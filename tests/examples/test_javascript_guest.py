"""A guest from a high-level toolchain: JavaScript in QuickJS as a component, built here and now."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from pywasm_rt.cli.main import cli

TOOLCHAIN = "componentize-qjs@0.4.5"

WIT = """\
package demo:greet;

world greeter {
  record count { letters: u32, words: u32 }
  export greet: func(name: string) -> string;
  export measure: func(text: string) -> count;
}
"""

JAVASCRIPT = """\
export function greet(name) {
  return `Hello, ${name}, from JavaScript!`;
}

export function measure(text) {
  const words = text.split(" ").filter((word) => word.length > 0);
  return { letters: words.join("").length, words: words.length };
}
"""

ENTRIES = """\
version: "1.0"
namespace: js
entries:
  - {{name: bin, kind: fs.directory, directory: .}}
  - {{name: terminal, kind: terminal.host}}
  - {{name: processes, kind: process.host}}
  - name: greet
    kind: process.wasm
    meta: {{command: {{name: greet, short: Greet from JavaScript}}}}
    fs: js:bin
    path: /greet.wasm
    hash: sha256:{hash}
    method: greet
  - name: measure
    kind: process.wasm
    meta: {{command: {{name: measure, short: Count letters and words}}}}
    fs: js:bin
    path: /greet.wasm
    hash: sha256:{hash}
    method: measure
"""


@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An application whose one binary was made from JavaScript by the toolchain."""
    if shutil.which("npm") is None:
        pytest.skip("npm is needed to install the JavaScript toolchain")
    folder = tmp_path_factory.mktemp("javascript")
    (folder / "greet.wit").write_text(WIT)
    (folder / "greet.js").write_text(JAVASCRIPT)
    install = ["npm", "install", "--silent", "--no-audit", "--no-fund", TOOLCHAIN]
    subprocess.run(install, cwd=folder, check=True, timeout=300)
    build = [
        str(folder / "node_modules" / ".bin" / "componentize-qjs"),
        *("-w", "greet.wit", "-n", "greeter", "-j", "greet.js"),
        *("--sync", "--stub-wasi", "--opt-size", "-o", "greet.wasm"),
    ]
    subprocess.run(build, cwd=folder, check=True, timeout=300, capture_output=True)
    shutil.rmtree(folder / "node_modules")
    digest = hashlib.sha256((folder / "greet.wasm").read_bytes()).hexdigest()
    (folder / "app.yaml").write_text(ENTRIES.format(hash=digest))
    return folder


@pytest.mark.guests
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["greet", "Ada"], "Hello, Ada, from JavaScript!\n"),
        (["greet", "Åsa 🌍"], "Hello, Åsa 🌍, from JavaScript!\n"),
        (["measure", "three small words"], "{letters: 15, words: 3}\n"),
    ],
)
def test_a_guest_in_javascript_runs_as_a_command(
    application: Path, arguments: list[str], expected: str
) -> None:
    result = CliRunner().invoke(cli, ["-C", str(application), "run", *arguments])
    assert result.output == expected
    assert result.exit_code == 0
