"""The documented surface of the modules that scripts have, quoted call by call."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pywasm_rt.errors import ProcessErrorKind
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.interface import Exit, Outdated, ProcessContext, ProcessDefinition
from pywasm_rt.process.operations import Receive, Spawn
from pywasm_rt.process.simulation import DEFAULT_HOST

HEAD = f'local host = "{DEFAULT_HOST}"\n'

# "`process.*`, `funcs.*`, `channel`, `time`, `errors`": every name there is.
SURFACE = """
process.id process.pid process.send process.spawn process.spawn_monitored process.spawn_linked
process.spawn_linked_monitored process.exec process.terminate process.cancel process.monitor
process.unmonitor process.link process.unlink process.get_options process.set_options process.inbox
process.events process.listen process.unlisten process.upgrade process.with_context
process.with_options process.registry.register process.registry.lookup process.registry.unregister
process.event.CANCEL process.event.EXIT process.event.LINK_DOWN process.event.OUTDATED
process.registry.LOCAL process.registry.EVENTUAL process.registry.CONSISTENT process.registry.STRONG
funcs.call funcs.async funcs.new channel.new channel.select
time.now time.date time.unix time.parse time.parse_duration time.sleep time.after time.timer
time.ticker time.NANOSECOND time.MICROSECOND time.MILLISECOND time.SECOND time.MINUTE time.HOUR
errors.new errors.wrap errors.is errors.call_stack errors.NOT_FOUND errors.ALREADY_EXISTS
errors.INVALID errors.PERMISSION_DENIED errors.UNAVAILABLE errors.INTERNAL errors.CANCELED
errors.CONFLICT errors.TIMEOUT errors.RATE_LIMITED errors.UNKNOWN
"""


@pytest.mark.parametrize("name", SURFACE.split())
def test_it_is_there(scripts: Any, name: str) -> None:
    assert scripts.run(f"return {name} ~= nil") is True


def test_builder_and_executor_methods(scripts: Any) -> None:
    text = """
      local names = {}
      local builder = process.with_context({})
      for _, name in ipairs{"with_context", "with_actor", "with_scope", "with_name", "with_message",
          "with_options", "spawn", "spawn_monitored", "spawn_linked", "spawn_linked_monitored",
          "exec"} do
        assert(type(builder[name]) == "function", name)
      end
      local executor = funcs.new()
      for _, name in ipairs{"with_context", "with_actor", "with_scope", "with_options", "call",
          "async"} do
        assert(type(executor[name]) == "function", name)
      end
      return true
    """
    assert scripts.run(text) is True


# Names.


def test_names_are_registered_looked_up_and_released(scripts: Any) -> None:
    text = (
        HEAD
        + """
      local registry = process.registry
      assert(registry.register("me"))
      assert(registry.register("me"), "idempotent for the same PID")
      local other = process.spawn("app:idle", host)
      assert(registry.register("other", other, registry.LOCAL))
      local ok, err = registry.register("me", other)
      local missing, missing_err = registry.lookup("ghost")
      local result = {
        registry.lookup("me") == process.pid(), registry.lookup("other") == other,
        ok, err:kind(), err:message(), missing, missing_err:kind(),
      }
      process.monitor("other")
      process.send("other", "go")
      local event = process.events():receive()
      result[8] = event.from == other
      -- "Names held by the PID are released at the same time."
      local _, gone = registry.lookup("other")
      result[9] = gone:kind()
      assert(registry.unregister("me"))
      result[10] = select(2, registry.unregister("me")):kind()
      result.n = 10
      return {n = result.n, result[1], result[2], result[3] == nil, table.unpack(result, 4)}
    """
    )
    scripts.define("app:idle", "process.inbox():receive()")
    got = scripts.run(text)
    exists, missing = "AlreadyExists", "NotFound"
    listed = [got[index] for index in (1, 2, 3, 4, 5, 7, 8, 9, 10)]
    message = "name already registered: me"
    assert listed == [True, True, True, exists, message, missing, True, missing, missing]


def test_spawning_with_a_name_that_is_taken_signals_instead(scripts: Any) -> None:
    """ "Spawn with `with_name` when the name is taken: no new process; the existing PID is returned
    and the queued messages are delivered to it."
    """
    scripts.define(
        "app:collector",
        """
        local got = {}
        for i = 1, 3 do got[i] = process.inbox():receive():payload():data() end
        return got
        """,
    )
    text = (
        HEAD
        + """
      local base = process.with_name("one")
      local two = base:with_message("t", 1):with_message("t", 2)
      local first = two:spawn_monitored("app:collector", host)
      local second = base:with_message("t", 3):spawn("app:collector", host)
      local event = process.events():receive()
      return {first == second, event.result.value}
    """
    )
    assert scripts.run(text) == [True, [1, 2, 3]]


# Context.


def test_a_context_is_handed_on_and_added_to(scripts: Any) -> None:
    scripts.define("app:inner", "return ctx.all()")
    scripts.define(
        "app:outer",
        HEAD + "return process.with_context({b = 2, c = 3}):exec('app:inner', host)",
    )
    text = (
        HEAD
        + """
      local builder = process.with_context({a = 1})
      local wider = builder:with_context({b = 1})
      local narrow = builder:exec("app:inner", host)
      local _, err = ctx.get("a")
      return {narrow, wider:exec("app:outer", host), err:kind()}
    """
    )
    assert scripts.run(text) == [{"a": 1}, {"a": 1, "b": 2, "c": 3}, "NotFound"]


# Topics.


def test_a_listened_topic_has_a_channel_of_its_own(scripts: Any) -> None:
    """ "A topic nobody listens to falls back to the inbox." """
    text = """
      local a = process.listen("a")
      local whole = process.listen("b", {message = true})
      for _, topic in ipairs{"c", "b", "a", "a"} do
        process.send(process.pid(), topic, "for " .. topic)
      end
      local result = {a:receive(), a:receive()}
      local message = whole:receive()
      result[3] = message:topic() .. "=" .. message:payload():data()
      result[4] = process.inbox():receive():topic()
      assert(process.unlisten(a))
      local _, open = a:receive()
      result[5] = open
      process.send(process.pid(), "a", "again")
      result[6] = process.inbox():receive():topic()
      result[7] = process.unlisten(a)
      result[8] = select(2, process.listen("@x")):kind()
      result[9] = select(2, process.listen("b")):kind()
      return result
    """
    assert scripts.run(text) == [
        "for a", "for a", "b=for b", "c", False, "a", False, "Invalid", "AlreadyExists",
    ]  # fmt: skip


def test_who_waits_on_the_inbox_already_leaves_a_topic_that_is_listened_to(scripts: Any) -> None:
    text = """
      local got = {}
      coroutine.spawn(function() got.inbox = process.inbox():receive():topic() end)
      time.sleep("1ms")
      local a = process.listen("a")
      process.send(process.pid(), "a", 1)
      process.send(process.pid(), "b", 2)
      got.a = a:receive()
      time.sleep("1ms")
      return got
    """
    assert scripts.run(text) == {"inbox": "b", "a": 1}


# Options, upgrades, OUTDATED.


def test_options(scripts: Any) -> None:
    text = """
      local before = process.get_options()
      assert(process.set_options{upgradable = true})
      assert(process.set_options{trap_links = true})
      local after = process.get_options()
      local _, err = process.set_options{speed = 1}
      return {before, after, err:kind()}
    """
    off, on = ({"trap_links": value, "upgradable": value} for value in (False, True))
    assert scripts.run(text) == [off, on, "Invalid"]


def test_an_upgrade_keeps_pid_name_links_and_mail(scripts: Any) -> None:
    scripts.define(
        "app:old",
        """
        process.registry.register("the one")
        local message = process.listen("upgrade"):receive()
        local _, err = process.upgrade("app:ghost")
        assert(err:kind() == errors.NOT_FOUND)
        process.upgrade("app:new", message, process.pid())
        error("it returned")
        """,
    )
    scripts.define(
        "app:new",
        """
        local argument, pid = ...
        local message = process.inbox():receive()
        return {argument, pid == process.pid(), process.registry.lookup("the one") == pid,
          message:payload():data(), process.id()}
        """,
    )
    text = (
        HEAD
        + """
      local pid = process.spawn_monitored("app:old", host)
      process.send(pid, "kept", "mail")
      process.send(pid, "upgrade", "argument")
      return process.events():receive().result.value
    """
    )
    assert scripts.run(text) == ["argument", True, True, "mail", "app:new"]


def test_outdated_events_are_joined_and_only_for_those_that_ask(scripts: Any) -> None:
    text = """
      process.set_options{upgradable = %s}
      local events = process.events()
      time.sleep("1s")
      local got = channel.select{events:case_receive(), default = true}
      if got.default then return "none" end
      local event = got.value
      assert(event.kind == process.event.OUTDATED and event.type == "OUTDATED")
      local more = channel.select{events:case_receive(), default = true}
      assert(more.default)
      return event.sources
    """
    for wanted, told in (("true", ["app:a", "app:b"]), ("false", "none")):
        scripts.define("app:script", text % wanted)
        pid = scripts.simulation.spawn("app:script")
        scripts.simulation.run_until(scripts.simulation.clock.now_ns() + 500_000_000)
        for sources in (["app:a"], ["app:b", "app:a"]):
            scripts.simulation.scheduler.announce({"app:script"}, sources)
            scripts.simulation.scheduler.announce({"app:other"}, ["app:z"])
        scripts.simulation.run_until_idle()
        assert scripts.simulation.ended[pid].value == told


def test_an_outdated_event_has_its_fields() -> None:
    assert Outdated(("a:b",), 5) == Outdated(sources=("a:b",), at_ns=5)


# Functions: a call is a process in the pool of its function.


@pytest.fixture
def functions(scripts: Any) -> Any:
    pool = "app:add#pool"
    scripts.simulation.scheduler.add_host(pool)
    scripts.simulation.scheduler.add_host("app:slow#pool")
    scripts.simulation._host_ids += (pool, "app:slow#pool")
    scripts.define("app:add", "local a, b = ... return a + b")
    scripts.define("app:slow", "time.sleep('10s') return ctx.all()")
    return scripts


def test_functions_are_called(functions: Any) -> None:
    text = """
      local sum, err = funcs.call("app:add", 20, 22)
      local _, missing = funcs.call("app:ghost", 1)
      local kinds = {}
      for i, id in ipairs{"", "noname", "app:", ":x"} do
        kinds[i] = select(2, funcs.call(id)):kind()
      end
      return {sum, err == nil, missing:kind(), kinds}
    """
    assert functions.run(text) == [42, True, "NotFound", ["Invalid"] * 4]


def test_futures(functions: Any) -> None:
    text = """
      local one, two = funcs.async("app:add", 1, 2), funcs.async("app:add", 3, 4)
      local early = {one:is_complete(), one:result()}
      local payload, open = one:response():receive()
      local second = two:channel():receive()
      local _, still_open = one:channel():receive()
      local bad = funcs.async("app:add", "x", {})
      bad:response():receive()
      local err, failed = bad:error()
      return {early[1], early[2] == nil, payload:data(), open, second:data(), still_open,
        one:is_complete(), one:result():data(), select("#", one:error()), failed, err:kind(),
        select(2, bad:result()):kind(), one:is_canceled()}
    """
    assert functions.run(text) == [
        False, True, 3, True, 7, False, True, 3, 2, True, "Internal", "Internal", False,
    ]  # fmt: skip


def test_a_canceled_future_ends_the_call(functions: Any) -> None:
    text = """
      local future = funcs.async("app:slow")
      time.sleep("1s")
      local was = future:cancel()
      local _, open = future:response():receive()
      return {was, future:is_canceled(), open, future:cancel(), (future:error()):kind()}
    """
    assert functions.run(text) == [True, True, False, False, "Canceled"]
    assert functions.now_ms == 1000
    functions.simulation.run_until_idle()
    assert functions.simulation.scheduler.processes() == ()


def test_executors_have_context_and_timeout(functions: Any) -> None:
    text = """
      local executor = funcs.new():with_context({user = "ada"})
      local impatient = executor:with_options({timeout = 500})
      local _, late = impatient:call("app:slow")
      local context = executor:call("app:slow")
      return {late:kind(), late:retryable(), context, late:message()}
    """
    message = "call timed out: app:slow"
    assert functions.run(text) == ["Timeout", True, {"user": "ada"}, message]
    assert functions.now_ms == 10_500


# Time.


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("time.date(2026, 2, 28, 23, 59, 59, 5):unix_nano()", 1_772_323_199_000_000_005),
        ("time.date(2024, 2, 29):format(time.RFC3339)", "2024-02-29T00:00:00Z"),
        ("time.date(1969, 12, 31):unix()", -86400),
        ("time.unix(0, 1):unix_nano()", 1),
        ("time.unix(1.5):unix_nano()", 1_500_000_000),
        ("tostring(time.unix(0, 120000000))", "1970-01-01T00:00:00.12Z"),
        ("time.parse(time.RFC3339, '2026-11-24T10:00:00+02:00'):unix()", 1_795_507_200),
        ("time.parse('2006-01-02', '2026-03-01'):weekday()", 0),
        ("time.parse('Jan _2 3:04PM 2006', 'Mar  7 1:05PM 1999'):hour()", 13),
        ("time.parse('15:04:05', '10:11:12.5'):nanosecond()", 500_000_000),
        ("time.parse(time.RFC1123, 'Tue, 24 Nov 2026 10:00:00 UTC'):month()", 11),
        ("time.date(2000, 1, 1, 15, 4, 5):format('Mon January 2 3:04PM .000 06')",
         "Sat January 1 3:04PM .000 00"),
        ("time.date(2026, 1, 1):before(time.date(2026, 1, 2))", True),
        ("time.date(2026, 1, 2):sub(time.date(2026, 1, 1)) == 24 * time.HOUR", True),
        ("time.date(2026, 1, 1):add('36h'):day()", 2),
    ],
)  # fmt: skip
def test_dates(scripts: Any, expression: str, value: object) -> None:
    assert scripts.run(f"return {expression}") == value


@pytest.mark.parametrize(
    ("layout", "text"),
    [
        ("2006-01-02", "2026-13-01"),
        ("2006-01-02", "2026-02-29"),
        ("2006-01-02", "2026-02"),
        ("2006-01-02", "2026-02-01 and more"),
        ("15:04", "24:00"),
        ("Jan", "Foo"),
        ("MST", "CET"),
        ("2006", "1500"),
    ],
)
def test_what_is_no_date_is_an_error(scripts: Any, layout: str, text: str) -> None:
    code = f"local t, err = time.parse({layout!r}, {text!r}) return {{t == nil, err:kind()}}"
    assert scripts.run(code) == [True, "Invalid"]


def test_dates_agree_with_pythons_calendar(scripts: Any) -> None:
    days = range(-106_000, 106_000, 431)
    text = """
      local out = {}
      for i, day in ipairs(...) do
        local t = time.unix(day * 86400)
        local again = time.date(t:year(), t:month(), t:day()):unix() // 86400
        out[i] = t:format("2006-01-02 Mon") .. again
      end
      return out
    """
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    dates = [(epoch + timedelta(days=day), day) for day in days]
    expected = [f"{date:%Y-%m-%d %a}{day}" for date, day in dates]
    assert scripts.run(text, list(days)) == expected


def test_timers_stop_and_are_set_anew(scripts: Any) -> None:
    text = """
      local begin = time.now()
      local timer = time.timer("1s")
      local stopped = timer:stop()
      local again = timer:stop()
      local was_armed = timer:reset("2s")
      timer:response():receive()
      local elapsed = time.now():sub(begin)
      return {stopped, again, was_armed, elapsed == 2 * time.SECOND, timer:stop()}
    """
    assert scripts.run(text) == [True, False, False, True, False]
    scripts.simulation.run_until_idle()
    assert scripts.now_ms == 2000


def test_a_ticker_ticks_and_drops_what_nobody_takes(scripts: Any) -> None:
    text = """
      local begin = time.now()
      local ticker = time.ticker("100ms")
      local at = {}
      for i = 1, 3 do
        at[i] = ticker:channel():receive():sub(begin) // time.MILLISECOND
      end
      time.sleep("1s")
      at[4] = ticker:response():receive():sub(begin) // time.MILLISECOND
      ticker:stop()
      local more = channel.select{ticker:channel():case_receive(), default = true}
      at[5] = more.default
      at[6] = select(2, time.ticker(0)):kind()
      return at
    """
    assert scripts.run(text) == [100, 200, 300, 400, True, "Invalid"]


# The pattern of the reference: "take `process.events()`, `spawn_monitored(id, host, 6, 7)`, loop
# `channel.select` over the event channel and `time.after("3s")`, accept an event whose `kind` is
# EXIT and `from` is the pid; `result.error` nil, `result.value` 42".


def test_the_pattern_of_the_reference(scripts: Any) -> None:
    text = (
        HEAD
        + """
      local events = process.events()
      local pid, err = process.spawn_monitored("app:compute", host, 6, 7)
      assert(not err)
      local timeout = time.after("3s")
      while true do
        local result = channel.select{events:case_receive(), timeout:case_receive()}
        assert(result.channel ~= timeout, "too late")
        local event = result.value
        if event.kind == process.event.EXIT and event.from == pid then
          assert(event.result.error == nil)
          return event.result.value
        end
      end
    """
    )
    assert scripts.run(text) == 42


def test_a_script_that_fails_is_told_with_kind_details_and_retryable(scripts: Any) -> None:
    scripts.define(
        "app:bad",
        "error(errors.new{kind = errors.UNAVAILABLE, message = 'm', retryable = true, "
        "details = {k = 1}})",
    )

    def body(_: ProcessContext) -> Iterator[Any]:
        pid = yield Spawn("app:bad", DEFAULT_HOST, monitored=True)
        event = yield Receive()
        assert isinstance(event, Exit)
        assert event.sender == pid
        return event.result.error

    scripts.simulation.register("app:watch", ProcessDefinition(lambda _: GeneratorProcess(body)))
    error = scripts.simulation.run("app:watch").value
    assert (error.kind, error.retryable) == (ProcessErrorKind.UNAVAILABLE, True)
    assert error.details["k"] == 1
