"""The modules `time`, `errors` and `channel`, and routines."""

from __future__ import annotations

from typing import Any

import pytest

SECOND = 1_000_000_000


# time


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("time.seconds(10)", 10 * SECOND),
        ("time.seconds(0.5)", SECOND // 2),
        ("time.milliseconds(5)", 5_000_000),
        ("time.minutes(2)", 120 * SECOND),
        ("time.hours(1)", 3_600 * SECOND),
        ("time.microseconds(3) + time.nanoseconds(4)", 3_004),
        ("time.SECOND * 2 + time.MILLISECOND", 2_001_000_000),
        ("time.HOUR // time.MINUTE", 60),
        ("time.parse_duration('1h30m')", 5_400 * SECOND),
        ("time.parse_duration('1.5s')", 1_500_000_000),
        ("time.parse_duration('-250ms')", -250_000_000),
        ("time.parse_duration('10µs')", 10_000),
        ("time.parse_duration('0')", 0),
        ("time.parse_duration(5)", 5),
    ],
)
def test_durations(scripts: Any, expression: str, value: int) -> None:
    got = scripts.run(f"return {expression}")
    assert got == value
    assert isinstance(got, int)


@pytest.mark.parametrize("text", ["", "5", "s", "1x", "1s2", "1 s", "--1s", "1..5s"])
def test_what_is_no_duration(scripts: Any, text: str) -> None:
    assert scripts.run(f"return select(2, time.parse_duration('{text}')):kind()") == "Invalid"
    assert scripts.run(f"return select(2, time.sleep('{text}')):kind()") == "Invalid"
    assert scripts.run(f"return select(2, time.after('{text}')):kind()") == "Invalid"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("time.seconds('x')", "a number is wanted, not string"),
        ("time.seconds(1e300)", "the duration is out of range"),
        ("time.seconds(0/0)", "the duration is out of range"),
    ],
)
def test_wrong_amounts_raise(scripts: Any, call: str, message: str) -> None:
    assert message in scripts.error(f"return {call}")


def test_sleeping_takes_exactly_its_time(scripts: Any) -> None:
    assert scripts.run("return time.sleep(time.seconds(2)), time.sleep(-5), time.sleep('1ms')")
    assert scripts.now_ms == 2_001


def test_moments(scripts: Any) -> None:
    text = """
    local before = time.now()
    time.sleep("1500ms")
    local after = time.now()
    return {after - before, after:sub(before), before < after, before <= before, after == before,
            after:unix(), after:unix_nano(), tostring(after), tostring(before:add(time.HOUR))}
    """
    assert scripts.run(text) == [
        1_500_000_000,
        1_500_000_000,
        True,
        True,
        False,
        1,
        1_500_000_000,
        "1970-01-01T00:00:01.5Z",
        "1970-01-01T01:00:00Z",
    ]


def test_after_gives_one_moment(scripts: Any) -> None:
    text = """
    local channel = time.after("2s")
    local moment, ok = channel:receive()
    return {moment:unix(), ok}
    """
    assert scripts.run(text) == [2, True]


# errors


def test_errors(scripts: Any) -> None:
    text = """
    local plain = errors.new("text")
    local full = errors.new{
      message = "m", kind = errors.NOT_FOUND, retryable = true, details = {a = 1}
    }
    local short = errors.new(errors.INVALID, "short")
    local wrapped = errors.wrap(full, "while trying")
    local other = errors.wrap("text", "outer")
    return {
      {plain:kind(), plain:message(), plain:retryable(), plain:details() == nil},
      {full:kind(), full:message(), full:retryable(), full:details().a},
      {short:kind(), short:message()},
      {wrapped:kind(), wrapped:message(), wrapped:retryable(), wrapped:details().a},
      {other:kind(), tostring(other)},
      {errors.is(full, errors.NOT_FOUND), errors.is(full, errors.TIMEOUT), errors.is(full),
       errors.is("text"), errors.is(nil)},
    }
    """
    assert scripts.run(text) == [
        ["Unknown", "text", False, True],
        ["NotFound", "m", True, 1],
        ["Invalid", "short"],
        ["NotFound", "while trying: m", True, 1],
        ["Unknown", "outer: text"],
        [True, False, True, False, False],
    ]


def test_errors_know_where_they_were_made(scripts: Any) -> None:
    text = """
    local function make()
      local made = errors.new("x")
      return made
    end
    local e = make()
    return {e:stack(), errors.call_stack(e), errors.call_stack(5)}
    """
    stack = ["script.lua:3", "script.lua:6"]
    assert scripts.run(text) == [stack, stack, []]


def test_unknown_kinds_and_wrong_calls_raise(scripts: Any) -> None:
    assert "unknown error kind: Silly" in scripts.error("errors.new{kind = 'Silly', message = ''}")
    assert "call it with a colon: object:kind()" in scripts.error("errors.new('x').kind()")


def test_an_error_can_be_sent(scripts: Any) -> None:
    text = """
    process.send(process.pid(), "t", errors.new{message = "m", kind = errors.CONFLICT})
    local got = process.receive():payload():data()
    return {errors.is(got, errors.CONFLICT), got:message()}
    """
    assert scripts.run(text) == [True, "m"]


# channel and routines


def test_an_unbuffered_channel_is_a_meeting(scripts: Any) -> None:
    text = """
    local c, log = channel.new(), {}
    coroutine.spawn(function()
      for i = 1, 3 do log[#log + 1] = "send " .. i c:send(i) end
      c:close()
    end)
    while true do
      local value, ok = c:receive()
      if not ok then break end
      log[#log + 1] = "got " .. value
    end
    return log
    """
    assert scripts.run(text) == ["send 1", "send 2", "got 1", "got 2", "send 3", "got 3"]


def test_a_buffered_channel_holds_values(scripts: Any) -> None:
    text = """
    local c = channel.new(2)
    c:send("a") c:send("b")
    local late = false
    coroutine.spawn(function() c:send("c") late = true end)
    time.sleep(1)
    local before = late
    local first = c:receive()
    time.sleep(1)
    local got = {before, first, late, c:receive(), c:receive()}
    c:close() c:close()
    local nothing, ok = c:receive()
    got[6], got[7] = nothing == nil, ok
    return got
    """
    assert scripts.run(text) == [False, "a", True, "b", "c", True, False]


def test_select(scripts: Any) -> None:
    text = """
    local a, b, full = channel.new(1), channel.new(1), channel.new()
    local none = channel.select{a:case_receive(), full:case_send(1), default = true}
    b:send("in b")
    local one = channel.select{a:case_receive(), b:case_receive()}
    local sent = channel.select{full:case_send(1), a:case_send("in a")}
    local timeout = time.after("1s")
    local late = channel.select{b:case_receive(), full:case_receive(), timeout:case_receive()}
    coroutine.spawn(function() time.sleep("1s") b:send("later") end)
    local waited = channel.select{b:case_receive(), full:case_send(2)}
    coroutine.spawn(function() b:close() end)
    local closed = channel.select{b:case_receive()}
    return {none.default, none.channel == nil, one.channel == b, one.value, one.ok,
            sent.channel == a, a:receive(), late.channel == timeout, late.ok,
            waited.channel == b, waited.value, closed.ok, closed.value == nil}
    """
    assert scripts.run(text) == [
        True, True, True, "in b", True, True, "in a", True, True, True, "later", False, True,
    ]  # fmt: skip
    assert scripts.now_ms == 2_000


def test_one_who_was_served_stands_in_no_line_any_more(scripts: Any) -> None:
    text = """
    local a, b = channel.new(), channel.new()
    local got = {}
    coroutine.spawn(function()
      got[1] = channel.select{a:case_receive(), b:case_receive(), a:case_receive()}.value
    end)
    coroutine.spawn(function() got[2] = b:receive() end)
    time.sleep(1)
    a:send("first") b:send("second")
    time.sleep(1)
    return got
    """
    assert scripts.run(text) == ["first", "second"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("local c = channel.new() c:close() c:send(1)", "send on a closed channel"),
        ("channel.new(-1)", "channel.new takes a size of at least 0"),
        ("channel.new('x')", "channel.new takes a size of at least 0"),
        ("channel.new().send({}, 1)", "this takes a channel"),
        ("channel.select(5)", "channel.select takes a table of cases"),
        ("channel.select{}", "channel.select of nothing never ends"),
        ("channel.select{{}}", "case 1 is not made by case_receive or case_send"),
        ("coroutine.spawn(5)", "coroutine.spawn takes a function"),
        ("channel.new():receive()", "deadlock: the script waits, and nothing can wake it"),
        (
            "local c = channel.new() coroutine.spawn(function() c:close() end) c:send(1)",
            "send on a closed channel",
        ),
        ("coroutine.spawn(function() error('in a routine') end) time.sleep(1)", "in a routine"),
        ("coroutine.yield()", "attempt to yield from outside a coroutine"),
        ("coroutine.resume(coroutine.running())", "takes a coroutine of the script"),
        ("coroutine.close(coroutine.running())", "takes a coroutine of the script"),
        ("coroutine.create(5)", "coroutine.create takes a function"),
        ("table.sort({2, 1}, function() time.sleep(1) end)", "cannot wait inside a metamethod"),
        (
            "local co = coroutine.wrap(function() time.sleep(1) end); ('x'):gsub('x', co)",
            "cannot wait inside a metamethod, a sort order or a gsub replacement",
        ),
    ],
)
def test_wrong_uses(scripts: Any, text: str, message: str) -> None:
    assert message in scripts.error(text)


def test_the_end_of_the_main_routine_is_the_end(scripts: Any) -> None:
    assert scripts.run("coroutine.spawn(function() time.sleep('1h') end) return 5") == 5
    assert scripts.now_ms == 0


def test_waiting_inside_the_scripts_own_coroutines(scripts: Any) -> None:
    text = """
    local log = {}
    local co = coroutine.create(function(a)
      log[#log + 1] = a
      time.sleep("1s")
      local b = coroutine.yield("first")
      local inner = coroutine.wrap(function()
        time.sleep("1s")
        coroutine.yield("inner")
        error("inside")
      end)
      log[#log + 1] = inner()
      local ok, problem = pcall(inner)
      log[#log + 1] = problem
      return b
    end)
    local _, one = coroutine.resume(co, "a")
    local status = coroutine.status(co)
    local _, two = coroutine.resume(co, "b")
    local dead = {coroutine.resume(co)}
    return {log, one, status, two, coroutine.status(co), dead, coroutine.isyieldable(),
            select(2, coroutine.running())}
    """
    log, one, status, two, end, dead, yieldable, is_main = scripts.run(text)
    assert log == ["a", "inner", "script.lua:10: inside"]
    assert (one, status, two, end) == ("first", "suspended", "b", "dead")
    assert dead == [False, "cannot resume dead coroutine"]
    assert (yieldable, is_main) == (False, True)
    assert scripts.now_ms == 2_000


def test_closing_a_coroutine(scripts: Any) -> None:
    text = """
    local closed = false
    local co = coroutine.create(function()
      local x <close> = setmetatable({}, {__close = function() closed = true end})
      coroutine.yield()
    end)
    coroutine.resume(co)
    return {coroutine.close(co), closed, coroutine.status(co)}
    """
    assert scripts.run(text) == [True, True, "dead"]


def test_routines_take_turns_while_others_wait(scripts: Any) -> None:
    text = """
    local log = {}
    for _, name in ipairs{"a", "b"} do
      coroutine.spawn(function()
        for i = 1, 3 do log[#log + 1] = name .. i time.sleep(1) end
      end)
    end
    time.sleep(10)
    return log
    """
    assert scripts.run(text) == ["a1", "b1", "a2", "b2", "a3", "b3"]
