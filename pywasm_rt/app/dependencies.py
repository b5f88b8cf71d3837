"""Which entry needs which: the order in which they can be made ready, and circles in it."""

from __future__ import annotations

import heapq
from collections.abc import Collection, Mapping

__all__ = ["dependants", "order"]


def order(needs: Mapping[str, Collection[str]]) -> tuple[list[str], list[tuple[str, ...]]]:
    """Sort IDs so that each comes after what it needs; among equals, by name.

    ``needs`` gives for each ID the IDs it needs; those that are no key of it do not count.
    The second result are the circles, each once, as ``(a, b, c)`` for a -> b -> c -> a. What is in
    a circle, or needs something in one, is not in the first result.
    """
    waiting = {
        name: {other for other in others if other in needs} for name, others in needs.items()
    }
    users: dict[str, list[str]] = {name: [] for name in needs}
    for name, others in waiting.items():
        for other in others:
            users[other].append(name)
    ready = [name for name, others in waiting.items() if not others]
    heapq.heapify(ready)
    result: list[str] = []
    while ready:
        name = heapq.heappop(ready)
        result.append(name)
        del waiting[name]
        for user in users[name]:
            waiting[user].discard(name)
            if not waiting[user]:
                heapq.heappush(ready, user)
    return result, _circles(waiting)


def _circles(stuck: Mapping[str, set[str]]) -> list[tuple[str, ...]]:
    """The circles among entries each of which needs at least one of the others."""
    circles: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for start in sorted(stuck):
        path: list[str] = []
        place: dict[str, int] = {}
        name = start
        while name not in seen and name not in place:
            place[name] = len(path)
            path.append(name)
            name = min(stuck[name])
        if name in place:
            circles.append(tuple(path[place[name] :]))
        seen.update(path)
    return circles


def dependants(needs: Mapping[str, Collection[str]], broken: Collection[str]) -> dict[str, str]:
    """For each ID that needs something broken, directly or not, the broken thing it needs."""
    users: dict[str, list[str]] = {}
    for name in sorted(needs):
        for other in needs[name]:
            users.setdefault(other, []).append(name)
    result: dict[str, str] = {}
    queue = sorted(broken)
    for name in queue:
        for user in users.get(name, ()):
            if user not in result and user not in broken:
                result[user] = name
                queue.append(user)
    return result
