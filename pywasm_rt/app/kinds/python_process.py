"""``process.py``: a process written in Python, as a coroutine function."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from pywasm_rt.app.kinds.configuration import Text
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import Limited
from pywasm_rt.app.yaml_source import PathStep

__all__ = ["PythonProcessConfiguration"]


class PythonProcessConfiguration(Limited):
    """``process.py``.

    ``module`` is a file beside the YAML file, ``method`` an ``async def`` in it. That gets the
    process (:class:`~pywasm_rt.app.python_process.PythonProcess`) and then the arguments. It is
    trusted code: nothing bounds it but what it says itself.
    """

    module: Text
    method: Text = "main"
    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        yield from self.lifecycle.references()
