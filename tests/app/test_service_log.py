"""What is logged of services."""

from __future__ import annotations

import logging

import pytest

from pywasm_rt.app.service_log import log_change
from pywasm_rt.errors import ProcessError
from pywasm_rt.process.interface import ExitResult
from pywasm_rt.process.lifecycle import ServiceInformation, ServiceState

FAILURE = ProcessError("disk is full", retryable=True, exit_code=51)


def service(
    state: ServiceState, restarts: int = 0, error: ProcessError | None = None, *, well: bool = False
) -> ServiceInformation:
    result = ExitResult() if well else ExitResult(error=error)
    return ServiceInformation(
        "app:a", state, 0, restarts, restarts, None, None, (), error, result, None
    )


@pytest.mark.parametrize(
    ("change", "level", "sentence"),
    [
        (service(ServiceState.STARTING), "DEBUG", "app:a is starting"),
        (service(ServiceState.RUNNING), "DEBUG", "app:a is running"),
        (service(ServiceState.RUNNING, 2), "INFO", "app:a runs again"),
        (service(ServiceState.EXITED), "INFO", "app:a has ended"),
        (
            service(ServiceState.RESTARTING, 1, FAILURE),
            "WARNING",
            "app:a is restarted: disk is full",
        ),
        (
            service(ServiceState.RESTARTING, 1, FAILURE, well=True),
            "WARNING",
            "app:a is restarted: it ended",
        ),
        (service(ServiceState.FAILED, 3, FAILURE), "ERROR", "app:a has failed: disk is full"),
    ],
)
def test_changes_of_services(
    caplog: pytest.LogCaptureFixture, change: ServiceInformation, level: str, sentence: str
) -> None:
    with caplog.at_level(logging.DEBUG, "pywasm_rt"):
        log_change(change)
    (record,) = caplog.records
    assert (record.levelname, record.getMessage()) == (level, sentence)
    fields = vars(record)
    assert fields["service"] == "app:a"
    failed = "disk" in sentence
    assert fields.get("exit_code") == (51 if failed else None)
    assert fields.get("kind") == ("Internal" if failed else None)
    assert fields.get("retryable") == (True if failed else None)
    if level in {"WARNING", "ERROR"}:
        assert fields["restarts"] == change.restarts
