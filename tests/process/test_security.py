"""Who may do what: policies, scopes, and what a process's operations need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pywasm_rt.errors import ProcessError, ProcessErrorKind
from pywasm_rt.operations import Operation
from pywasm_rt.process.generator import GeneratorProcess
from pywasm_rt.process.host_queue import PoolSettings
from pywasm_rt.process.interface import ProcessContext, ProcessDefinition, ProcessOptions
from pywasm_rt.process.operations import (
    CancelProcess,
    Exec,
    Link,
    Monitor,
    Receive,
    RegisterName,
    Send,
    SetOptions,
    Spawn,
    TerminateProcess,
    Unlink,
    Unmonitor,
    UnregisterName,
    UpgradeSelf,
)
from pywasm_rt.process.pid import PID
from pywasm_rt.process.security import NOBODY, Credentials, Policies, Policy
from pywasm_rt.process.simulation import DEFAULT_HOST, Simulation

PATTERNS = st.sampled_from(["*", "a", "a.*", "*.b", "a*c", "[a]"])
TEXTS = st.sampled_from(["a", "a.b", "x.b", "abc", "ac", "[a]", "", "a\nc"])


@pytest.mark.parametrize(
    ("pattern", "text", "fits"),
    [
        ("*", "", True),
        ("a.*", "a.b", True),
        ("a.*", "axb", False),
        ("*.b", "a.b", True),
        ("a*c", "a\nc", True),
        ("a*c", "acd", False),
        ("[a]", "a", False),
        ("a", "ab", False),
    ],
)
def test_patterns(pattern: str, text: str, *, fits: bool) -> None:
    assert Policy("p", (pattern,)).is_about(text, "") is fits
    assert Policy("p", ("*",), (pattern,)).is_about("", text) is fits


@given(st.lists(st.tuples(PATTERNS, PATTERNS, st.booleans()), max_size=4), TEXTS, TEXTS)
def test_one_that_denies_outweighs_all_that_allow(
    rules: list[tuple[str, str, bool]], action: str, resource: str
) -> None:
    policies = [Policy(f"p{n}", (a,), (r,), it) for n, (a, r, it) in enumerate(rules)]
    about = [it.allows for it in policies if it.is_about(action, resource)]
    known = Policies(policies)
    scope = tuple(it.id for it in policies)
    assert known.permits(Credentials("", scope), action, resource) is (any(about) and all(about))
    assert known.permits(NOBODY, action, resource)
    assert not known.permits(Credentials("", ()), action, resource)
    assert not known.permits(Credentials("", ("gone",)), action, resource)


def waits(_: object) -> Iterator[Any]:
    yield Receive()


def ends(_: object) -> Iterator[Any]:
    return None
    yield


def attempt(_: object, operations: list[Operation]) -> Iterator[Any]:
    """What each of several operations fails with, None if it does not."""
    outcomes: list[str | None] = []
    for operation in operations:
        try:
            yield operation
        except ProcessError as error:
            denied = error.kind is ProcessErrorKind.PERMISSION_DENIED
            outcomes.append(error.message if denied else f"failed: {error}")
        else:
            outcomes.append(None)
    return outcomes


OTHER = PID(DEFAULT_HOST, 1)
TARGETED = {
    Send(OTHER, "topic"): "process.send",
    CancelProcess(OTHER): "process.cancel",
    Monitor(OTHER): "process.monitor",
    Unmonitor(OTHER): "process.unmonitor",
    Link(OTHER): "process.link",
    Unlink(OTHER): "process.unlink",
    TerminateProcess(OTHER): "process.terminate",
}
NEEDED: list[tuple[Operation, list[tuple[str, str]]]] = [
    *[(it, [(action, str(OTHER))]) for it, action in TARGETED.items()],
    (Send("other", "topic"), [("process.send", str(OTHER))]),
    (RegisterName("new"), [("process.registry.register", "new")]),
    (
        RegisterName("new", OTHER),
        [
            ("process.registry.register", "new"),
            ("process.registry.register.foreign", str(OTHER)),
        ],
    ),
    (UnregisterName("other"), [("process.registry.unregister", "other")]),
    (Spawn("waits", DEFAULT_HOST), [("process.host", DEFAULT_HOST), ("process.spawn", "waits")]),
    (
        Spawn("waits", DEFAULT_HOST, monitored=True, linked=True),
        [
            ("process.host", DEFAULT_HOST),
            ("process.spawn", "waits"),
            ("process.spawn.monitored", "waits"),
            ("process.spawn.linked", "waits"),
        ],
    ),
    (
        Spawn("waits", DEFAULT_HOST, name="other", monitored=True, messages=(("a", ()),)),
        [
            ("process.host", DEFAULT_HOST),
            ("process.spawn", "waits"),
            ("process.spawn.monitored", "waits"),
            ("process.send", str(OTHER)),
            ("process.monitor", str(OTHER)),
        ],
    ),
    (
        Exec("at once", DEFAULT_HOST, adds_context=True),
        [
            ("process.context", "context"),
            ("process.host", DEFAULT_HOST),
            ("process.exec", "at once"),
        ],
    ),
    (
        Exec("at once", DEFAULT_HOST, scope=("everything",)),
        [
            ("process.security", "security"),
            ("process.host", DEFAULT_HOST),
            ("process.exec", "at once"),
        ],
    ),
    (Exec("at once", "pool"), [("funcs.call", "at once")]),
    (
        Exec("at once", "pool", actor="somebody", adds_context=True),
        [
            ("funcs.security", "security"),
            ("funcs.context", "context"),
            ("funcs.call", "at once"),
        ],
    ),
]


def simulation(policies: list[Policy]) -> Simulation:
    made = Simulation()
    made.scheduler.add_pool("pool", DEFAULT_HOST, PoolSettings(4))
    made.scheduler.set_policies(Policies([Policy("everything"), *policies]))
    made.register("waits", ProcessDefinition(lambda _: GeneratorProcess(waits)))
    made.register("at once", ProcessDefinition(lambda _: GeneratorProcess(ends)))
    options = ProcessOptions(credentials=Credentials("guest", ("scope",)))
    made.register(
        "attempt", ProcessDefinition(lambda _: GeneratorProcess(attempt), options=options)
    )
    assert made.spawn("waits") == OTHER
    made.scheduler.register_name("other", OTHER)
    return made


def run(policies: list[Policy], operations: list[Operation]) -> Any:
    result = simulation(policies).run("attempt", operations)
    assert result.error is None, result
    return result.value


@pytest.mark.parametrize(("operation", "needed"), NEEDED, ids=lambda it: str(it)[:60])
def test_what_an_operation_needs(operation: Operation, needed: list[tuple[str, str]]) -> None:
    allowed = [Policy("scope", (action,), (resource,)) for action, resource in needed]
    before: list[Operation] = []
    if isinstance(operation, Unmonitor | Unlink):
        opposite = Monitor(OTHER) if isinstance(operation, Unmonitor) else Link(OTHER)
        before = [opposite]
        allowed.append(Policy("scope", ("process.monitor", "process.link")))
    assert run(allowed, [*before, operation])[-1] is None
    for action, resource in needed:
        rest = [it for it in allowed if it.actions != (action,)]
        sentence = f"guest is not allowed: {action} {resource}"
        assert run(rest, [*before, operation])[-1] == sentence


def test_what_concerns_a_process_itself_needs_nothing() -> None:
    assert run([], [SetOptions(trap_links=True), Receive(0)]) == [None, None]


def test_what_is_started_has_the_scope_of_who_starts_it() -> None:
    made = simulation([Policy("scope", ("process.host", "process.exec"))])
    made.register("inner", ProcessDefinition(lambda _: GeneratorProcess(attempt)))
    inner = Exec("inner", DEFAULT_HOST, ([Send(OTHER, "a")],))

    def body(_: object) -> Iterator[Any]:
        return (yield inner)

    options = ProcessOptions(credentials=Credentials("guest", ("scope",)))
    made.register("outer", ProcessDefinition(lambda _: GeneratorProcess(body), options=options))
    refused = f"guest is not allowed: process.send {OTHER}"
    assert made.run("outer").value == [refused]
    assert made.run("inner", [Send(OTHER, "a")]).value == [None]


def test_who_may_do_everything_names_a_scope_for_others() -> None:
    made = simulation([])
    made.register("inner", ProcessDefinition(lambda _: GeneratorProcess(attempt)))

    def body(_: object, operation: Operation) -> Iterator[Any]:
        return (yield operation)

    made.register("outer", ProcessDefinition(lambda _: GeneratorProcess(body)))
    sends = ([Send(OTHER, "a")],)
    given = Exec("inner", DEFAULT_HOST, sends, actor="me", scope=())
    refused = [f"me is not allowed: process.send {OTHER}"]
    assert made.run("outer", given).value == refused
    assert made.run("outer", Exec("inner", DEFAULT_HOST, sends, scope=("everything",))).value == [
        None
    ]
    failed = made.run("outer", Exec("inner", DEFAULT_HOST, sends, scope=("gone",)))
    assert failed.error is not None
    assert failed.error.message == "policy not found: gone"


def test_policies_that_change_count_at_once() -> None:
    made = simulation([Policy("scope", ("process.send",))])

    def body(_: object) -> Iterator[Any]:
        yield Send(OTHER, "a")
        made.scheduler.set_policies(Policies())
        yield Send(OTHER, "a")

    options = ProcessOptions(credentials=Credentials("guest", ("scope",)))
    made.register("sends", ProcessDefinition(lambda _: GeneratorProcess(body), options=options))
    result = made.run("sends")
    assert result.error is not None
    assert result.error.kind is ProcessErrorKind.PERMISSION_DENIED


def test_what_one_goes_on_as_has_its_own_security() -> None:
    made = simulation([])
    permitted: list[bool] = []

    def body(context: ProcessContext) -> Iterator[Any]:
        permitted.append(context.permits("fs.get", "a"))
        yield Send(OTHER, "a")
        yield UpgradeSelf("after", ())

    def after(context: ProcessContext) -> Iterator[Any]:
        permitted.append(context.permits("fs.get", "a"))
        yield Send(OTHER, "a")

    options = ProcessOptions(credentials=Credentials("guest", ()))
    made.register("before", ProcessDefinition(lambda _: GeneratorProcess(body)))
    made.register("after", ProcessDefinition(lambda _: GeneratorProcess(after), options=options))
    result = made.run("before")
    assert result.error is not None
    assert result.error.message == f"guest is not allowed: process.send {OTHER}"
    assert permitted == [True, False]
