"""The soak test, for a few seconds; ``python -m benchmarks soak`` is the long one."""

from __future__ import annotations

import os
from collections import Counter

import pytest

from benchmarks.soak import Report, SoakFailure, _check, soak

# As long as a minute shows leaks; PYWASM_RT_SOAK_SECONDS makes it shorter or longer.
SECONDS = float(os.environ.get("PYWASM_RT_SOAK_SECONDS", "60"))


def test_a_short_soak_accounts_for_everything() -> None:
    report = soak(SECONDS, processes=100, seed=1)
    assert report.counters["spawn"] >= 100
    assert {"echo", "failed", "ended", "link_down"} <= set(report.counters)
    assert "accounted for" in str(report)


@pytest.mark.parametrize(
    ("counters", "end_bytes", "end_threads", "message"),
    [
        ({"spawn": 2, "ended": 1}, 0, 1, "not every process has had its EXIT"),
        ({}, 1 << 30, 1, "memory has grown"),
        ({}, 0, 2, "threads or file descriptors are left"),
    ],
)
def test_what_is_not_accounted_for_is_a_failure(
    counters: dict[str, int], end_bytes: int, end_threads: int, message: str
) -> None:
    report = Report(1.0, Counter(counters), (0, end_bytes), (1, end_threads), (3, 3))
    with pytest.raises(SoakFailure, match=message):
        _check(report)
