"""The application of the soak test, as files in a folder that change while it runs.

Each change is one replaced file (a new binary is there before the file that names it), so that what
watches the folder sees it whole, and makes one reload of it.
"""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from benchmarks.process_guests import LOOP, MAILBOX_COMPONENT
from benchmarks.web_guests import FETCH_COMPONENT
from pywasm_rt.component.binary import encode as encode_component
from pywasm_rt.component.text import parse as parse_component
from pywasm_rt.wasm.binary import encode
from pywasm_rt.wasm.text import parse

__all__ = ["CHANGES", "HOST", "SoakFiles"]

HOST = "soak:host"
CHANGES = ("script", "binary", "endpoint", "service", "extra", "broken")

_APPLICATION = """\
namespace: soak
entries:
  - {name: host, kind: process.host, host: {workers: 2}}
  - {name: bin, kind: fs.directory, directory: .}
  - {name: web, kind: http.service, addr: "127.0.0.1:0", lifecycle: {auto_start: true}}
  - {name: api, kind: http.router}
  - {name: script, kind: process.py, module: talking.py}
  - {name: beating, kind: process.py, module: beating.py}
  - {name: failing, kind: process.py, module: failing.py}
  - name: unlucky
    kind: process.service
    process: failing
    host: host
    lifecycle: {auto_start: true, restart: {initial_delay: 50ms, max_delay: 500ms}}
  - {name: get_through, kind: http.endpoint, method: GET, path: /through, func: through}
  - name: through
    kind: function.wasm
    fs: bin
    path: fetch.wasm
    hash: FETCH
    method: fetch
    imports: [wasi:io, wasi:poll, wasi:cli, wasi:http]
    transport: wasi-http
    pool: {type: adaptive, max_size: 8}
  - name: fetcher
    kind: process.wasm
    fs: bin
    path: fetch.wasm
    hash: FETCH
    method: fetch
    imports: [wasi:io, wasi:poll, wasi:cli, wasi:http]
"""
_TALKERS = """\
namespace: soak
entries:
  - name: component
    kind: process.wasm
    fs: bin
    path: component-NUMBER.wasm
    hash: COMPONENT
    method: run
    imports: [wippy:actor]
  - {name: loop, kind: process.wasm, fs: bin, path: loop-NUMBER.wasm, hash: LOOP, method: run}
"""
_ENDPOINT = """\
namespace: soak
entries:
  - {name: get_version, kind: http.endpoint, method: GET, path: /version, func: version}
  - name: version
    kind: function.wat
    method: version
    transport: wasi-http
    source: (module (func (export "version") (result i32) i32.const NUMBER))
"""
_SERVICE = """\
namespace: soak
entries:
  - name: beat
    kind: process.service
    process: beating
    host: host
    input: [NUMBER]
    lifecycle: {auto_start: true}
"""
_EXTRA = _SERVICE.replace("beat\n", "extra\n")
_NOTHING = "namespace: soak\nentries: []\n"
_BROKEN = "namespace: soak\nentries:\n  - {name: extra, kind: process.servise}\n"
_TALKING = """\
NUMBER = 0

async def main(process):
    await process.set_options(upgradable=True)
    while True:
        mail = await process.receive()
        if hasattr(mail, "sources"):
            await process.upgrade()
        elif hasattr(mail, "reason") or mail.topic == "stop":
            return
        elif mail.topic == "crash":
            raise ZeroDivisionError("as it was told")
        else:
            await process.send(mail.sender, "echo", *mail.payloads, NUMBER)
"""
_BEATING = """\
async def main(process, number):
    while not hasattr(await process.receive(0.1), "reason"):
        pass
"""
_FAILING = """\
async def main(process):
    if hasattr(await process.receive(0.3), "reason"):
        return
    raise ArithmeticError("again")
"""


class SoakFiles:
    """The files of the application in ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._number = 0
        self._binaries = {
            "component": encode_component(parse_component(MAILBOX_COMPONENT)),
            "loop": encode(parse(LOOP)),
        }

    def write(self) -> None:
        """Write all of them."""
        fetch = encode_component(parse_component(FETCH_COMPONENT))
        (self.folder / "fetch.wasm").write_bytes(fetch)
        self._replace("app.yaml", _APPLICATION.replace("FETCH", _digest(fetch)))
        self._replace("beating.py", _BEATING)
        self._replace("failing.py", _FAILING)
        for what in CHANGES:
            if what != "broken":
                self.change(what)

    def change(self, what: str) -> None:
        """Change something, so that it is as it never was before."""
        self._number += 1
        number = str(self._number)
        match what:
            case "script":
                self._replace("talking.py", _TALKING.replace("NUMBER = 0", f"NUMBER = {number}"))
            case "binary":
                self._replace("talkers.yaml", self._new_binaries(number))
            case "endpoint":
                self._replace("endpoint.yaml", _ENDPOINT.replace("NUMBER", number))
            case "service":
                self._replace("service.yaml", _SERVICE.replace("NUMBER", number))
            case "extra":
                text = _EXTRA if self._number % 2 else _NOTHING
                self._replace("extra.yaml", f"# {number}\n" + text.replace("NUMBER", number))
            case _:
                self._replace("extra.yaml", f"# {number}\n" + _BROKEN)

    def change_something(self, chance: random.Random) -> str:
        """Change something at random; what it is."""
        what = chance.choice(CHANGES)
        self.change(what)
        return what

    def forget(self) -> None:
        """Delete the binaries that no entry names any more."""
        named = (self.folder / "talkers.yaml").read_text()
        for path in self.folder.glob("*-*.wasm"):
            if path.name not in named:
                path.unlink()

    def _new_binaries(self, number: str) -> str:
        """Write each binary with another custom section; the entries that name them."""
        text = _TALKERS.replace("NUMBER", number)
        for name, data in self._binaries.items():
            content = b"\x06number" + number.encode()
            made = data + bytes([0, len(content)]) + content
            (self.folder / f"{name}-{number}.wasm").write_bytes(made)
            text = text.replace(name.upper(), _digest(made))
        return text

    def _replace(self, name: str, text: str) -> None:
        scratch = self.folder / f".{name}.new"
        scratch.write_text(text)
        scratch.replace(self.folder / name)


def _digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"
