"""Checking and preparing the text of scripts."""

from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import LineColumn, ParseError
from pywasm_rt.lua.checkpoints import with_checkpoints
from pywasm_rt.lua.source import LuaSource, compile_check


def test_good_text_passes() -> None:
    compile_check("local x <const> = 1 // 2 return x", "a.lua")
    compile_check("")


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = = 1", 1, "unexpected symbol near '='"),
        ("local a = 1\nif a then\n", 3, "'end' expected (to close 'if' at line 11) near <eof>"),
        ("\n\ngoto nowhere", 3, "no visible label 'nowhere' for <goto> at line 12"),
        ('x = "unfinished\n', 1, "unfinished string near '\"unfinished'"),
        ("end do return end", 1, "<eof> expected near 'end'"),
        ("\x1bLua", 1, "attempt to load a binary chunk (mode is 't')"),
    ],
)
def test_faults_have_file_line_and_source(text: str, line: int, message: str) -> None:
    with pytest.raises(ParseError) as refused:
        compile_check(text, "app.yaml", first_line=10)
    where = refused.value.where
    assert isinstance(where, LineColumn)
    assert (where.file, where.line, where.column) == ("app.yaml", line + 9, 1)
    assert refused.value.message == message
    assert str(refused.value) == f"{message} (at app.yaml:{line + 9}:1)"


def test_compiled_lua_is_no_text() -> None:
    with pytest.raises(ParseError):
        LuaSource("\x1bLuaT\x00").check()


def test_checkpoints_are_put_into_loops_functions_and_before_goto() -> None:
    text = b"""
for i = 1, 2 do end -- do
while false do end --[[ do
repeat ]] repeat until true
local s = "function() do end" .. [==[ do ]] ]==] .. 'a\\'do'
local function f(a, -- ) no
  ...) return function() end end
do goto out end
::out::
"""
    prepared = with_checkpoints(text)
    assert prepared.count(b"count_0-1") == 7
    assert prepared.count(b"\n") == text.count(b"\n") + 1
    compile_check(prepared.decode(), "prepared")


def test_the_script_cannot_name_its_checkpoint() -> None:
    prepared = with_checkpoints(b"checkpoint_0 = nil while true do count_0 = 5 end")
    assert b"local count_1,checkpoint_1=0,..." in prepared


STATEMENTS = st.recursive(
    st.sampled_from(
        [
            "x = x + 1",
            "f(x)",
            "local t = {f = function(a) return a end}",
            "(f or print)(x)",
            's = "do" .. [[repeat]]',
            "-- function(\n",
            "--[==[ do ]] ]==]",
            ";",
            "if x then y = 1 elseif z then y = 2 end",
        ]
    ),
    lambda inner: st.one_of(
        st.builds("while x do {} end".format, inner),
        st.builds("for i = 1, 2 do {} end".format, inner),
        st.builds("for k, v in pairs(t) do {} break end".format, inner),
        st.builds("repeat {} until x".format, inner),
        st.builds("do {} goto l{{}} ::l{{}}:: end".format, inner),
        st.builds("local function g(a, ...) {} return a end".format, inner),
        st.builds("function M.n:m() {} end".format, inner),
        st.builds("{} {}".format, inner, inner),
    ),
    max_leaves=8,
)


@given(STATEMENTS)
def test_what_compiles_still_compiles_on_its_lines(text: str) -> None:
    parts = text.split("l{}")
    text = "".join(
        part + (f"l{number // 2}" if number < len(parts) - 1 else "")
        for number, part in enumerate(parts)
    )
    try:
        compile_check(text)
    except ParseError:
        return
    prepared = with_checkpoints(text.encode())
    compile_check(prepared.decode())
    assert prepared.count(b"\n") == text.count("\n") + 1


def test_a_plain_import_does_not_need_lua() -> None:
    code = "import sys, pywasm_rt, pywasm_rt.process.node; assert 'lupa' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=30)
