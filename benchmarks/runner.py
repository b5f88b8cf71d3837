"""One engine in a process of its own: ``python -m benchmarks.runner ENGINE [CORE]``.

CORE is a C core to be used in place of the installed one (see ``cores.py``).

It says first whether the engine is there, then answers one request after the other, each a line of
JSON on standard input: ``{"module": path, "small": n, "argument": n}``. A new instance runs the
small argument, so that nothing is done for the first time in what is measured, then the argument
itself. The answer is ``{"result": n, "seconds": s, "work": n or null}``, seconds being CPU time of
this process, or ``{"error": text}``.
"""

from __future__ import annotations

import gc
import json
import sys
import time
from pathlib import Path
from typing import TextIO

from benchmarks.cores import use_core
from benchmarks.engines import OPENERS, Opener
from pywasm_rt.errors import WasmError

__all__ = ["main", "serve"]


def serve(opener: Opener, requests: TextIO, answers: TextIO) -> None:
    """Answer every request."""
    for line in requests:
        request = json.loads(line)
        try:
            answer = _measure(opener, request)
        except Exception as error:  # noqa: BLE001 - engines raise what they like; the text is kept
            answer = {"error": " ".join(str(error).split()) or type(error).__name__}
        print(json.dumps(answer), file=answers, flush=True)


def _measure(opener: Opener, request: dict[str, object]) -> dict[str, object]:
    guest = opener(Path(str(request["module"])).read_bytes())
    guest.run(int(str(request["small"])))
    argument = int(str(request["argument"]))
    gc.collect()
    begin = time.process_time()
    result = guest.run(argument)
    seconds = time.process_time() - begin
    return {"result": result, "seconds": seconds, "work": guest.work()}


def main() -> None:
    """Serve the engine that is named on the command line."""
    try:
        if len(sys.argv) > 2:
            use_core(Path(sys.argv[2]))
        opener = OPENERS[sys.argv[1]]()
    except (ImportError, WasmError) as error:
        print(json.dumps({"missing": " ".join(str(error).split())}), flush=True)
        return
    print(json.dumps({"missing": None}), flush=True)
    serve(opener, sys.stdin, sys.stdout)


if __name__ == "__main__":
    main()
