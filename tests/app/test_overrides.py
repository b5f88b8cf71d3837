"""Fields that the command line changes."""

from __future__ import annotations

import pytest

from pywasm_rt.app.application import Application
from pywasm_rt.app.kinds import ProcessHost
from pywasm_rt.app.overrides import parse_override
from pywasm_rt.errors import ConfigError

from .conftest import Write

APP = """\
namespace: app
entries:
  - {name: hosts, kind: process.host, host: {workers: 1}}
  - {name: store, kind: env.storage.static, values: {A: a}}
"""


def load(write: Write, *overrides: str) -> Application:
    return Application.load(write({"app.yaml": APP}), overrides=overrides)


def workers(application: Application) -> int:
    config = application.entry("app:hosts").config
    assert isinstance(config, ProcessHost)
    return config.host.workers


def test_a_value_takes_the_place_of_the_written_one(write: Write) -> None:
    assert workers(load(write)) == 1
    assert workers(load(write, "app:hosts:host.workers=3")) == 3
    assert workers(load(write, "app:hosts:host.workers=3", "app:hosts:host={workers: 2}")) == 2
    application = load(write, "app:hosts:meta.comment=busy", "app:hosts:kind=terminal.host")
    assert application.raw_entries["app:hosts"].meta == {"comment": "busy"}
    assert "unknown field" in str(application.faults[0])


def test_what_is_overridden_is_checked_like_what_is_written(write: Write) -> None:
    (fault,) = load(write, "app:hosts:host.workers=many").faults
    assert 'host.workers must be an integer, not the text "many"' in str(fault)


@pytest.mark.parametrize(
    ("text", "value"),
    [("a:b:c=1", 1), ("a:b:c=true", True), ("a:b:c=:8080", ":8080"), ("a:b:c=a: b", "a: b")],
)
def test_values_are_read_as_yaml(text: str, value: object) -> None:
    assert parse_override(text).value == value


@pytest.mark.parametrize("text", ["", "a", "a:b=c", "a:b:c", "a:b:=c", ":b:c=d", "a:b:c..d=1"])
def test_what_is_no_override(text: str) -> None:
    with pytest.raises(ConfigError, match="not an override"):
        parse_override(text)


def test_an_unknown_entry_and_a_path_into_a_value(write: Write) -> None:
    with pytest.raises(ConfigError) as caught:
        load(write, "app:host:x=1", "app:store:values.A.b=1")
    assert [str(fault) for fault in caught.value.faults] == [
        '--override app:host:x=1: entry not found: app:host (did you mean "app:hosts"?)',
        "--override app:store:values.A.b=1: A is no mapping",
    ]
