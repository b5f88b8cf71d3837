"""``process.py`` and ``function.py``: coroutine functions of Python."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from pywasm_rt.app.kinds.configuration import Text
from pywasm_rt.app.kinds.lifecycle import Lifecycle
from pywasm_rt.app.kinds.limits import Limited
from pywasm_rt.app.kinds.pool import Pool
from pywasm_rt.app.yaml_source import PathStep

__all__ = [
    "PythonConfiguration",
    "PythonFunctionConfiguration",
    "PythonProcessConfiguration",
]


class PythonConfiguration(Limited):
    """What both have in common.

    ``module`` is a file beside the YAML file, ``method`` an ``async def`` in it. That gets the
    process (:class:`~pywasm_rt.app.python_process.PythonProcess`) and then the arguments. It is
    trusted code: nothing bounds it but what it says itself.
    """

    module: Text
    method: Text = "main"


class PythonProcessConfiguration(PythonConfiguration):
    """``process.py``: a process."""

    lifecycle: Lifecycle = Field(default_factory=Lifecycle)

    def references(self) -> Iterator[tuple[tuple[PathStep, ...], str]]:
        """What must have started before."""
        yield from self.lifecycle.references()


class PythonFunctionConfiguration(PythonConfiguration):
    """``function.py``: a function; the ``pool`` says how many calls run at a time."""

    pool: Pool = Field(default_factory=Pool)
