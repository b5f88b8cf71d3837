"""How pytest-benchmark shows what ``test_boundary.py`` measures."""

from __future__ import annotations

import pytest

__all__ = ["pytest_configure"]

# On a machine that does other things too, the shortest and the median say most.
_COLUMNS = ["min", "median", "iqr", "rounds", "iterations"]


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    """Choose the columns, unless the command line does."""
    asked = any(
        str(word).startswith("--benchmark-columns") for word in config.invocation_params.args
    )
    if not asked:
        config.option.benchmark_columns = _COLUMNS
