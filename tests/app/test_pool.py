"""Which figures of a ``pool`` are in force."""

from __future__ import annotations

from dataclasses import replace

import pytest
from pydantic import ValidationError

from pywasm_rt.app.kinds import Pool, PoolPlan


@pytest.mark.parametrize(
    ("given", "plan"),
    [
        ({}, PoolPlan("lazy", 100)),
        ({"type": "inline"}, PoolPlan("inline", 1)),
        ({"type": "lazy"}, PoolPlan("lazy", 16)),
        ({"type": "lazy", "max_size": 4}, PoolPlan("lazy", 4)),
        ({"type": "adaptive"}, PoolPlan("adaptive", 16, least_places=1)),
        (
            {"type": "adaptive", "max_size": 3, "max_wait_ms": 5},
            PoolPlan("adaptive", 3, None, 5, least_places=1),
        ),
        ({"type": "adaptive", "size": 2}, PoolPlan("adaptive", 16, least_places=2)),
        ({"type": "adaptive", "size": 9, "max_size": 4}, PoolPlan("adaptive", 4, least_places=4)),
        ({"type": "static"}, PoolPlan("static", 8, 512)),
        ({"type": "static", "size": 4, "workers": 2, "buffer": 16}, PoolPlan("static", 2, 16)),
        ({"size": 4, "workers": 2}, PoolPlan("static", 2, 128)),
        ({"size": 4}, PoolPlan("inline", 1)),
        ({"size": 4, "max_size": 5}, PoolPlan("lazy", 5)),
        ({"max_wait_ms": 0}, PoolPlan("lazy", 100, None, None)),
    ],
)
def test_plans(given: dict[str, object], plan: PoolPlan) -> None:
    found = Pool.model_validate(given).plan()
    assert replace(found, kept=1, ready_at_start=0) == plan
    assert found.ready_at_start == (plan.places if plan.type == "static" else 0)


def test_instances_that_are_kept_and_made_at_the_start() -> None:
    plan = Pool.model_validate({"type": "static", "size": 4}).plan()
    assert (plan.kept, plan.ready_at_start) == (4, 4)
    plan = Pool.model_validate({"type": "lazy", "max_size": 4, "warm_start": True}).plan()
    assert (plan.kept, plan.ready_at_start) == (4, 1)
    plan = Pool.model_validate({"type": "adaptive", "size": 3, "warm_start": True}).plan()
    assert (plan.kept, plan.ready_at_start) == (16, 3)


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"type": "eager"}, "invalid pool type"),
        ({"size": -1}, "pool values cannot be negative"),
        ({"workers": 2}, "pool.size must be greater than 0 for non-flex pools"),
        ({"max_size": 1 << 21}, "must be at most"),
    ],
)
def test_faults(given: dict[str, object], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        Pool.model_validate(given)
