"""WASI preview 1 (``wasi_snapshot_preview1``), all 46 functions, for core modules."""

from __future__ import annotations

from collections.abc import Callable, Generator
from types import GeneratorType
from typing import cast

from pywasm_rt.engine.interface import HostFunction, Instance, Memory
from pywasm_rt.errors import LinkError
from pywasm_rt.operations import Operation
from pywasm_rt.wasi.capabilities.error_code import FilesystemError
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1.environment import ENVIRONMENT_FUNCTIONS
from pywasm_rt.wasi.preview1.errno import Errno, Failure, errno_of
from pywasm_rt.wasi.preview1.file_descriptors import FILE_DESCRIPTOR_FUNCTIONS
from pywasm_rt.wasi.preview1.paths import PATH_FUNCTIONS
from pywasm_rt.wasi.preview1.polling import POLLING_FUNCTIONS
from pywasm_rt.wasi.preview1.process import PROCESS_FUNCTIONS
from pywasm_rt.wasi.preview1.reading_writing import READING_AND_WRITING_FUNCTIONS
from pywasm_rt.wasi.preview1.state import FunctionRow, State
from pywasm_rt.wasm.types import I32, I64, FunctionType

__all__ = ["FUNCTIONS", "MODULE_NAME", "Preview1"]

MODULE_NAME = "wasi_snapshot_preview1"

FUNCTIONS: tuple[FunctionRow, ...] = (
    *ENVIRONMENT_FUNCTIONS,
    *FILE_DESCRIPTOR_FUNCTIONS,
    *READING_AND_WRITING_FUNCTIONS,
    *PATH_FUNCTIONS,
    *POLLING_FUNCTIONS,
    *PROCESS_FUNCTIONS,
)

_TYPES = {"i": I32, "I": I64}


def _type_of(row: FunctionRow) -> FunctionType:
    parameters = tuple(_TYPES[letter] for letter in row.parameters)
    return FunctionType(parameters, (I32,) if row.returns_errno else ())


_TYPED_FUNCTIONS = tuple((row, _type_of(row)) for row in FUNCTIONS)


def _waiting(waiting: Generator[Operation, object, object]) -> Generator[Operation, object, int]:
    """The error number that comes of a function that may wait."""
    try:
        yield from waiting
    except Failure as failure:
        return int(failure.errno)
    except FilesystemError as error:
        return int(errno_of(error.code))
    return int(Errno.SUCCESS)


def _implementation(state: State, row: FunctionRow) -> Callable[..., object]:
    """A host function's implementation, which answers with an error number."""

    def call(*arguments: int) -> object:
        try:
            result = row.implementation(state, *arguments)
        except Failure as failure:
            return int(failure.errno)
        except FilesystemError as error:
            return int(errno_of(error.code))
        if isinstance(result, GeneratorType):
            return _waiting(result)
        return int(Errno.SUCCESS)

    return call


class Preview1:
    """Preview 1 for one instance of a core module.

    ``imports`` go into the instantiation; :meth:`bind` has to be called between the instantiation
    and the first call, because only then there is a memory to work on.
    """

    def __init__(self, context: WasiContext) -> None:
        self.context = context
        self._state = State(context)
        self.imports: dict[tuple[str, str], HostFunction] = {
            (MODULE_NAME, row.name): HostFunction(
                type=type, implementation=_implementation(self._state, row), name=row.name
            )
            for row, type in _TYPED_FUNCTIONS
        }

    def renew(self, context: WasiContext) -> None:
        """Serve another run of the instance, which knows nothing of what was open before."""
        self.context = context
        self._state.renew(context)

    def bind(self, instance: Instance) -> None:
        """Use the memory that ``instance`` exports as ``memory``.

        Raises:
            LinkError: if it exports none.
        """
        memory = instance.exports.get("memory")
        if memory is None or not hasattr(memory, "size_bytes"):
            raise LinkError("a module that uses WASI preview 1 has to export its memory as memory")
        self._state.bind(cast("Memory", memory))
