"""The table of preview 1's functions, and what all of them have in common."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from pywasm_rt.engine.interface import Instance
from pywasm_rt.errors import LinkError, Trap, TrapCode
from pywasm_rt.wasi.capabilities.error_code import ErrorCode
from pywasm_rt.wasi.context import WasiContext
from pywasm_rt.wasi.preview1 import FUNCTIONS, MODULE_NAME, Preview1
from pywasm_rt.wasi.preview1.errno import Errno, errno_of
from pywasm_rt.wasm.types import I32, I64, FunctionType

# Every function with its type, as ``wasi_snapshot_preview1.witx`` lowers it.
SIGNATURES = """
args_get ii; args_sizes_get ii; environ_get ii; environ_sizes_get ii; clock_res_get ii;
clock_time_get iIi; fd_advise iIIi; fd_allocate iII; fd_close i; fd_datasync i; fd_fdstat_get ii;
fd_fdstat_set_flags ii; fd_fdstat_set_rights iII; fd_filestat_get ii; fd_filestat_set_size iI;
fd_filestat_set_times iIIi; fd_pread iiiIi; fd_prestat_get ii; fd_prestat_dir_name iii;
fd_pwrite iiiIi; fd_read iiii; fd_readdir iiiIi; fd_renumber ii; fd_seek iIii; fd_sync i;
fd_tell ii; fd_write iiii; path_create_directory iii; path_filestat_get iiiii;
path_filestat_set_times iiiiIIi; path_link iiiiiii; path_open iiiiiIIii; path_readlink iiiiii;
path_remove_directory iii; path_rename iiiiii; path_symlink iiiii; path_unlink_file iii;
poll_oneoff iiii; proc_exit i; proc_raise i; sched_yield -; random_get ii; sock_accept iii;
sock_recv iiiiii; sock_send iiiii; sock_shutdown ii
"""


def test_all_46_functions_have_their_types() -> None:
    signatures = dict(pair.split() for pair in SIGNATURES.split(";"))
    assert len(signatures) == 46
    imports = Preview1(WasiContext()).imports
    assert {name for _, name in imports} == set(signatures)
    assert len(FUNCTIONS) == 46
    for name, letters in signatures.items():
        parameters = tuple({"i": I32, "I": I64}[letter] for letter in letters.strip("-"))
        results = () if name == "proc_exit" else (I32,)
        assert imports[MODULE_NAME, name].type == FunctionType(parameters, results), name


def test_error_numbers() -> None:
    assert [int(errno) for errno in Errno] == list(range(77))
    assert (Errno.BADF, Errno.NOENT, Errno.NOTCAPABLE) == (8, 44, 76)
    assert len({errno_of(code) for code in ErrorCode}) == len(ErrorCode), "none stands for two"
    assert errno_of(None) is Errno.IO


def test_a_call_before_there_is_a_memory() -> None:
    preview1 = Preview1(WasiContext())
    with pytest.raises(Trap, match="before the instance's memory was bound"):
        preview1.imports[MODULE_NAME, "args_sizes_get"].implementation(0, 0)


@pytest.mark.parametrize("exports", [{}, {"memory": object()}])
def test_an_instance_without_a_memory(exports: dict[str, object]) -> None:
    preview1 = Preview1(WasiContext())
    with pytest.raises(LinkError, match="export its memory"):
        preview1.bind(cast(Instance, SimpleNamespace(exports=exports)))


END = 65_536
LATE = END - 4
MISPLACED = 3


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("args_get", (LATE, 0)),
        ("args_get", (0, LATE)),
        ("args_sizes_get", (0, END)),
        ("environ_get", (LATE, 0)),
        ("clock_time_get", (0, 0, LATE)),
        ("clock_res_get", (1, LATE)),
        ("random_get", (0, 2**32 - 1)),
        ("random_get", (2**32 - 1, 2)),
        ("fd_read", (0, LATE, 1, 0)),
        ("fd_read", (0, 0, 2**32 - 1, 0)),
        ("fd_read", (0, 0, 0, END)),
        ("fd_write", (1, LATE, 1, 0)),
        ("fd_pread", (5, LATE, 1, 0, 0)),
        ("fd_pwrite", (5, 0, 0, 0, END)),
        ("fd_seek", (5, 0, 0, LATE)),
        ("fd_fdstat_get", (0, END - 16)),
        ("fd_filestat_get", (3, END - 56)),
        ("fd_prestat_get", (3, LATE)),
        ("fd_prestat_dir_name", (3, END, 1)),
        ("fd_readdir", (3, END - 8, 16, 0, 0)),
        ("path_create_directory", (3, END - 1, 2)),
        ("path_open", (3, 0, END - 1, 2, 0, 0, 0, 0, 0)),
        ("path_open", (3, 0, 0, 1, 0, 0, 0, 0, END)),
        ("path_filestat_get", (3, 0, 0, 1, END - 8)),
        ("path_readlink", (3, 0, 0, 0, 1, END)),
        ("poll_oneoff", (END - 8, 0, 1, 0)),
        ("poll_oneoff", (0, END - 8, 1, 0)),
        ("poll_oneoff", (0, 0, 2**32 - 1, 0)),
    ],
)
def test_a_pointer_out_of_bounds_traps(guest: Any, name: str, arguments: tuple[int, ...]) -> None:
    guest.open("a.txt")
    with pytest.raises(Trap) as caught:
        guest.call(name, *arguments)
    assert caught.value.code is TrapCode.MEMORY_OUT_OF_BOUNDS


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("args_get", (MISPLACED, 0)),
        ("clock_time_get", (0, 0, 4)),
        ("fd_read", (0, MISPLACED, 1, 0)),
        ("fd_read", (0, 0, 0, MISPLACED)),
        ("fd_fdstat_get", (0, 4)),
        ("poll_oneoff", (4, 0, 1, 0)),
    ],
)
def test_a_misaligned_pointer_traps(guest: Any, name: str, arguments: tuple[int, ...]) -> None:
    with pytest.raises(Trap, match="not a multiple of"):
        guest.call(name, *arguments)


def test_a_vector_out_of_bounds_traps_before_anything_is_done(guest: Any) -> None:
    vectors = guest.put((0).to_bytes(4, "little") + (2**32 - 1).to_bytes(4, "little"))
    with pytest.raises(Trap):
        guest.call("fd_write", 1, vectors, 1, 8)
    with pytest.raises(Trap):
        guest.call("fd_read", 0, vectors, 1, 8)
    assert guest.context.stdout.data == b""
