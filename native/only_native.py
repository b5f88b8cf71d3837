"""A plugin for pytest: of the tests that are there for each engine only those of the native one.

``python native/sanitize.py`` runs tests with it. Tests that measure the process are left out too:
a sanitizer needs memory and time of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest

__all__ = ["pytest_collection_modifyitems"]

# What parameters are called, by which a test is there once for each engine or pair of engines.
_ENGINES = ("engine_name", "engine", "road")
_OTHERS = {"reference", "reference reference"}


def _is_elsewhere(item: pytest.Item) -> bool:
    call = getattr(item, "callspec", None)
    chosen = {str(call.params.get(name)) for name in _ENGINES} if call else set()
    return bool(chosen & _OTHERS) or item.get_closest_marker("measures") is not None


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Take out what has nothing to do with the C core."""
    dropped = [item for item in items if _is_elsewhere(item)]
    config.hook.pytest_deselected(items=dropped)
    items[:] = [item for item in items if item not in set(dropped)]
