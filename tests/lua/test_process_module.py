"""The module `process`, and how scripts start and end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from pywasm_rt.errors import ParseError, ProcessError, ProcessErrorKind
from pywasm_rt.lua.process import LuaProcess
from pywasm_rt.lua.source import LuaSource
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition
from pywasm_rt.process.pid import PID
from pywasm_rt.process.simulation import DEFAULT_HOST
from pywasm_rt.wasi.capabilities.stdio import CallbackSink

HEAD = f'local host = "{DEFAULT_HOST}"\n'


# Bodies, methods, results, errors.


@pytest.mark.parametrize(
    ("text", "method", "arguments", "value"),
    [
        ("return ...", "", (1,), 1),
        ("local a, b = ... return {a, b}", "", ("x", None), ["x"]),
        ("return select('#', ...)", "", (None, None), 2),
        ("return", "", (), None),
        ("return {main = function(...) return {...} end}", "main", (1, 2), [1, 2]),
        ("function main(a) return a + 1 end", "main", (1,), 2),
        ("return function(a) return a * 2 end", "anything", (21,), 42),
        ("return {main = function() end}", "main", (), None),
    ],
)
def test_bodies_and_methods(
    scripts: Any, text: str, method: str, arguments: tuple[object, ...], value: object
) -> None:
    assert scripts.run(text, *arguments, method=method) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "return {b = print, a = print}",
            'function "main" not found in script.lua; its functions: a, b',
        ),
        ("return {}", 'function "main" not found in script.lua; its functions: none'),
        ("function other() end", 'function "main" not found in script.lua; its functions: none'),
    ],
)
def test_a_missing_method_lists_what_there_is(scripts: Any, text: str, message: str) -> None:
    error = scripts.result(text, method="main").error
    assert error.kind is ProcessErrorKind.NOT_FOUND
    assert message in error.message


@pytest.mark.parametrize(
    ("text", "message", "kind"),
    [
        ("\nerror('place')", "script.lua:2: place", "Internal"),
        ("error('plain', 0)", "plain", "Internal"),
        ("error()", "nil", "Internal"),
        ("error({})", "a table was raised as an error", "Internal"),
        ("return nil, 'went wrong'", "went wrong", "Internal"),
        ("return nil, errors.new{kind = errors.CONFLICT, message = 'twice'}", "twice", "Conflict"),
        ("error(errors.new{kind = errors.TIMEOUT, message = 'late'})", "late", "Timeout"),
    ],
)
def test_failures(scripts: Any, text: str, message: str, kind: str) -> None:
    error = scripts.result(text).error
    assert (error.message, error.kind) == (message, ProcessErrorKind(kind))


def test_failures_say_where_in_the_script(scripts: Any) -> None:
    text = (
        "local function inner()\n error('x')\nend\nlocal function outer()\n inner()\nend\nouter()"
    )
    error = scripts.result(text).error
    assert error.details["traceback"] == ["script.lua:2", "script.lua:5", "script.lua:7"]


def test_syntax_errors_are_the_error_of_the_spawn(scripts: Any) -> None:
    with pytest.raises(ProcessError, match="unexpected symbol near '='") as refused:
        scripts.run("x = = 1")
    assert isinstance(refused.value.__cause__, ParseError)
    assert "script.lua:1" in str(refused.value)


def test_lines_are_those_of_the_file_that_the_script_is_part_of(scripts: Any) -> None:
    source = LuaSource("\nerror('here')", "app.yaml", first_line=40)
    scripts.simulation.register("p", ProcessDefinition(lambda _: LuaProcess(source)))
    assert scripts.simulation.run("p").error.message == "app.yaml:41: here"


def test_unknown_modules_are_refused(scripts: Any) -> None:
    with pytest.raises(ProcessError, match="unknown module http; there are: channel, ctx, errors,"):
        scripts.run("return 1", modules=("process", "http"))
    assert "module 'time' not found; there are: process" in scripts.error(
        "require('time')", modules=("process",)
    )
    assert scripts.run("return time == nil and process ~= nil", modules=("process",))


def test_libraries(scripts: Any) -> None:
    libraries = {
        "shapes": LuaSource(
            "local n = 0 return {next = function() n = n + 1 return n end}", "shapes"
        ),
        "nothing": LuaSource("", "nothing"),
        "circle": LuaSource("return require('circle')", "circle"),
        "broken": LuaSource("error('inside')", "broken"),
    }
    text = """
    local a, b = require("shapes"), require("shapes")
    a.next()
    local ok, circle = pcall(require, "circle")
    local _, broken = pcall(require, "broken")
    local _, absent = pcall(require, "absent")
    return {b.next(), require("nothing"), circle, broken, absent}
    """
    count, nothing, circle, broken, absent = scripts.run(text, libraries=libraries)
    assert (count, nothing) == (2, True)
    assert "requires itself" in circle
    assert broken == "broken:1: inside"
    assert absent.endswith(
        "module 'absent' not found; there are: broken, channel, circle, ctx, errors, funcs, "
        "nothing, process, shapes, time"
    )


# Printing.


def test_print_goes_to_the_stdout_of_the_process(scripts: Any) -> None:
    scripts.run("print('a', 1, nil, true, 2.5) print() print(errors.new('told'))")
    assert scripts.printed == "a\t1\tnil\ttrue\t2.5\n\ntold\n"


def test_all_output_is_out_before_the_end_and_in_order(scripts: Any) -> None:
    text = """
    for i = 1, 20000 do print(i) end
    table.sort({3, 1, 2}, function(a, b) print("sorting") return a < b end)
    error("over")
    """
    assert "over" in scripts.error(text)
    lines = scripts.printed.splitlines()
    assert lines[:20_000] == [str(number) for number in range(1, 20_001)]
    assert set(lines[20_000:]) == {"sorting"}


def test_a_script_that_prints_much_waits_for_its_output(scripts: Any) -> None:
    text = """
    local long = ("x"):rep(70000)
    local other = 0
    coroutine.spawn(function() while true do other = other + 1 time.sleep(0) end end)
    print(long) print(long) print(long)
    return other > 0
    """
    assert scripts.run(text) is True
    assert len(scripts.printed) == 3 * 70_001


def test_output_that_cannot_be_written_is_a_failure(scripts: Any) -> None:
    def refuse(_: bytes) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    source = LuaSource("print('x') return 1")
    definition = ProcessDefinition(lambda _: LuaProcess(source, stdout=CallbackSink(refuse)))
    scripts.simulation.register("p", definition)
    assert "Broken pipe" in str(scripts.simulation.run("p").error)


def test_children_inherit_the_stdout(scripts: Any) -> None:
    scripts.simulation.register(
        "app:child", ProcessDefinition(lambda _: LuaProcess("print('from the child')"))
    )
    scripts.run(HEAD + "process.exec('app:child', host)")
    assert scripts.printed == "from the child\n"


# Other processes.


def test_identity(scripts: Any) -> None:
    assert scripts.run("return {process.pid(), process.id()}") == [
        "{local:host|0x00001}",
        "app:script",
    ]


def test_exec(scripts: Any) -> None:
    text = (
        HEAD
        + """
    local value = process.exec("app:compute", host, 6, 7)
    local nothing, failed = process.exec("app:fails", host)
    local _, absent = process.exec("app:absent", host)
    return {value, nothing == nil, failed:message(), failed:kind(), absent:kind()}
    """
    )
    assert scripts.run(text) == [
        42,
        True,
        "internal fault: RuntimeError: as it should",
        "Internal",
        "NotFound",
    ]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("process.spawn()", "the first argument is the ID of an entry"),
        ("process.spawn('a:b')", "the second argument is the ID of a host"),
        ("process.spawn('a:b', 5)", "the second argument is the ID of a host"),
        ("process.spawn('app:compute', 'local:host', print)", "a function is not a value"),
        ("process.spawn('\\xff', 'h')", "the text is not UTF-8"),
        ("process.spawn('app:compute', 'nowhere')", "host not found: nowhere"),
        ("process.send('no pid', 'topic')", "name not registered: no pid"),
        ("process.send(process.pid(), '')", "the second argument is a topic"),
        ("process.send(5, 'x')", "the first argument is a PID"),
        ("process.send(process.pid(), '@x')", "topics that begin with @"),
        ("process.monitor('{h|0x00009}')", "pid not registered: {h|0x00009}"),
        ("process.monitor({})", "the first argument is a PID"),
        ("process.cancel(process.pid(), {})", "the second argument is a text"),
        ("process.set_options(5)", "the options are a table"),
        ("process.set_options{trap = true}", "unknown option trap"),
        ("process.receive({})", "a duration is a number"),
        ("process.receive('soon')", 'not a duration: "soon"'),
        ("process.receive(0)", "nothing came in within the timeout"),
    ],
)
def test_what_is_wrong_comes_back_as_an_error(scripts: Any, call: str, message: str) -> None:
    value = scripts.run(f"local value, problem = {call} return {{value == nil, problem:message()}}")
    assert value[0]
    assert message in value[1]


def test_messages(scripts: Any) -> None:
    scripts.define(
        "app:echo",
        """
        while true do
          local message = process.receive()
          if message.type == "CANCEL" then return "canceled: " .. message.reason end
          process.send(message:from(), message:topic() .. "!", message:payload():data())
        end
        """,
    )
    text = (
        HEAD
        + """
    local pid = process.spawn_monitored("app:echo", host)
    process.send(pid, "one", {x = 1}, "second")
    local answer = process.inbox():receive()
    process.cancel(pid, "enough")
    local event = process.events():receive()
    return {answer:topic(), answer:payload():data(), answer:from() == pid, event.value,
            #answer:payloads(), tostring(answer)}
    """
    )
    assert scripts.run(text) == [
        "one!", {"x": 1}, True, "canceled: enough", 1, "message one!",
    ]  # fmt: skip


def test_events_have_both_shapes_and_read_only_names(scripts: Any) -> None:
    text = (
        HEAD
        + """
    local pid = process.spawn_monitored("app:fails", host)
    local event = process.receive()
    local ok, problem = pcall(function() event.value = 1 end)
    event.mine = 5
    return {event.type, event.kind == process.event.EXIT, event.from == pid, event.at,
            event.value == nil, event.error == event.result.error, event.error:kind(),
            ok, problem, event.mine, event.absent == nil}
    """
    )
    value = scripts.run(text)
    assert value[:8] == ["EXIT", True, True, 0, True, True, "Internal", False]
    assert "event.value is another name, and cannot be set" in value[8]
    assert value[9:] == [5, True]


def test_constants_cannot_be_changed(scripts: Any) -> None:
    text = """
    local ok = pcall(function() process.event.EXIT = "x" end)
    return {ok, process.event.EXIT, process.event.LINK_DOWN, process.event.CANCEL,
            process.event.OUTDATED}
    """
    assert scripts.run(text) == [
        False, "pid.exit", "pid.link.down", "pid.cancel", "pid.outdated",
    ]  # fmt: skip


def test_links(scripts: Any) -> None:
    scripts.define("app:sleeper", "time.sleep('1h')")
    text = (
        HEAD
        + """
    assert(process.set_options{trap_links = true})
    local pid = process.spawn_linked("app:sleeper", host)
    time.sleep(1)
    process.terminate(pid)
    local event = process.receive()
    local second = process.spawn("app:sleeper", host)
    assert(process.link(second))
    assert(process.unlink(second))
    assert(process.monitor(second))
    assert(process.unmonitor(second))
    process.terminate(second)
    local third = process.spawn_linked_monitored("app:fails", host)
    local one, two = process.receive(), process.receive()
    return {event.type, event.from == pid, event.error:message(), process.receive(5) == nil,
            one.type, two.type, process.get_options().trap_links}
    """
    )
    value = scripts.run(text)
    assert value[:2] == ["LINK_DOWN", True]
    assert value[2] == "process terminated while waiting for Sleep at sleeper.lua:1"
    assert value[3:] == [True, "EXIT", "LINK_DOWN", True]


def test_an_untrapped_link_takes_a_script_down(scripts: Any) -> None:
    text = HEAD + "process.spawn_linked('app:fails', host) time.sleep('1m') return 'alive'"
    assert "linked process failed: {local:host|0x00002}" in scripts.error(text)


def test_a_sleeping_script_is_stopped_by_a_cancellation(scripts: Any) -> None:
    scripts.define("app:sleeper", "local function nap()\n time.sleep('1h')\nend\nnap()")
    pid = scripts.simulation.spawn("app:sleeper")
    scripts.simulation.run_until(5)
    scripts.simulation.scheduler.cancel(pid, "enough")
    scripts.simulation.run_until_idle()
    assert str(scripts.simulation.ended[pid].error) == (
        "process canceled: enough while waiting for Sleep at sleeper.lua:2, "
        "called from sleeper.lua:4"
    )


def test_a_script_that_looks_at_its_events_gets_the_cancellation(scripts: Any) -> None:
    scripts.define(
        "app:careful",
        """
        local events = process.events()
        time.sleep("1s")
        local event = events:receive()
        return {event.type, event.kind, event.reason, event.from == nil}
        """,
    )
    pid = scripts.simulation.spawn("app:careful")
    scripts.simulation.run_until(5)
    scripts.simulation.scheduler.cancel(pid, "enough")
    scripts.simulation.run_until_idle()
    assert scripts.simulation.ended[pid].value == ["CANCEL", "pid.cancel", "enough", True]


def test_receive_beside_a_routine_that_waits_for_events(scripts: Any) -> None:
    text = (
        HEAD
        + """
    local seen = {}
    coroutine.spawn(function()
      seen[#seen + 1] = process.events():receive().type
    end)
    time.sleep(1)
    process.spawn_monitored("app:compute", host, 1, 2)
    process.spawn_monitored("app:compute", host, 3, 4)
    process.send(process.pid(), "note")
    local got = {}
    for i = 1, 2 do
      local mail = process.receive("1s")
      got[#got + 1] = mail and (mail.type or mail:topic())
    end
    local none, late = process.receive("1s")
    return {seen, got, none == nil, late:kind()}
    """
    )
    seen, got, none, late = scripts.run(text)
    assert seen == ["EXIT"]
    assert sorted(got) == ["EXIT", "note"]
    assert (none, late) == (True, "Timeout")


def test_what_a_channel_was_given_is_there_for_receive(scripts: Any) -> None:
    text = (
        HEAD
        + """
    local events = process.events()
    channel.select{events:case_receive(), time.after(1):case_receive()}
    process.spawn_monitored("app:compute", host, 6, 7)
    time.sleep("1s")
    return process.receive(0).value
    """
    )
    assert scripts.run(text) == 42


def test_mail_that_nobody_wants_yet_stays_in_the_bounded_mailbox(scripts: Any) -> None:
    scripts.define("app:busy", "time.sleep('1h')")
    text = (
        HEAD
        + """
    local pid = process.spawn("app:busy", host)
    for i = 1, 1000 do
      local ok, problem = process.send(pid, "work", i)
      if not ok then return {i, problem:kind(), problem:retryable(), problem:details().capacity} end
    end
    """
    )
    assert scripts.run(text) == [129, "RateLimited", True, 128]


def test_steps_before_init_and_after_the_end(scripts: Any) -> None:
    process = LuaProcess("return 1")
    with pytest.raises(ProcessError, match="a step before init or after the end"):
        process.step((), 10)
    process.init(ProcessContext(PID("h", 1), "p", "h"), "", ())
    process.close()
    process.close()
    assert process.whereabouts() == []


def test_a_result_of_an_operation_that_has_no_form_is_an_error(scripts: Any) -> None:
    def large(_: ProcessContext) -> Iterator[object]:
        return 2**64
        yield

    scripts.define_python("app:large", large)
    text = (
        HEAD
        + """
    local value, problem = process.exec("app:large", host)
    return {value == nil, problem:message(), process.exec("app:compute", host, 2, 3)}
    """
    )
    value = scripts.run(text)
    assert value[0]
    assert "does not fit into the 64 bits" in value[1]
    assert value[2] == 6
