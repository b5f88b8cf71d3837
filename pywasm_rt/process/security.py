"""Who may do what: policies, and what a process goes by.

A process without a scope may do everything. One with a scope may do what a policy in it allows and
none in it denies. Whatever a process starts has its scope, unless another is named for it.

Actions, and what they are about: ``process.spawn``, ``process.spawn.monitored``,
``process.spawn.linked``, ``process.exec`` (an entry's ID), ``process.host`` (a host's ID),
``process.send``, ``.terminate``, ``.cancel``, ``.monitor``, ``.unmonitor``, ``.link``, ``.unlink``
(a PID), ``process.registry.register``, ``.unregister`` (a name; with ``.foreign`` behind, the PID
of another process that is to get one), ``process.context`` ("context"), ``process.security``
("security"), ``funcs.call`` (a function's ID), ``funcs.context``, ``funcs.security``, ``fs.get`` (a
filesystem's ID).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from pywasm_rt.errors import ProcessError, ProcessErrorKind

__all__ = ["NOBODY", "Credentials", "Policies", "Policy"]


@dataclass(frozen=True, slots=True)
class Policy:
    """Allows, or denies, ``actions`` on ``resources``: texts in which ``*`` is any text. Scopes
    name it by its ID or by one of its ``groups``.
    """

    id: str
    actions: tuple[str, ...] = ("*",)
    resources: tuple[str, ...] = ("*",)
    allows: bool = True
    groups: tuple[str, ...] = ()

    def is_about(self, action: str, resource: str) -> bool:
        """Whether it says anything of an action on a resource."""
        return any(_matches(it, action) for it in self.actions) and any(
            _matches(it, resource) for it in self.resources
        )


@dataclass(frozen=True, slots=True)
class Credentials:
    """``actor`` is who a process acts for, ``scope`` the IDs and groups of the policies that it
    goes by; None means that it may do everything.
    """

    actor: str = ""
    scope: tuple[str, ...] | None = None
    meta: Mapping[str, object] = field(default_factory=dict)


NOBODY = Credentials()
"""Those of a process that may do everything, for nobody in particular."""


class Policies:
    """All policies that there are. Reading them is safe on any thread."""

    def __init__(self, policies: Iterable[Policy] = ()) -> None:
        found: dict[str, tuple[Policy, ...]] = {}
        for policy in policies:
            for name in (policy.id, *policy.groups):
                found[name] = (*found.get(name, ()), policy)
        self._by_name = found

    def __contains__(self, name: object) -> bool:
        return name in self._by_name

    def permits(self, credentials: Credentials, action: str, resource: str) -> bool:
        """Whether it may be done."""
        if credentials.scope is None:
            return True
        about = [
            policy
            for name in credentials.scope
            for policy in self._by_name.get(name, ())
            if policy.is_about(action, resource)
        ]
        return bool(about) and all(policy.allows for policy in about)

    def check(self, credentials: Credentials, action: str, resource: str) -> None:
        """Raise ProcessError (PermissionDenied) if it may not be done."""
        if self.permits(credentials, action, resource):
            return
        who = f"{credentials.actor} is " if credentials.actor else ""
        message = f"{who}not allowed: {action} {resource}"
        kind = ProcessErrorKind.PERMISSION_DENIED
        raise ProcessError(message, kind, action=action, resource=resource)

    def narrowed(
        self, credentials: Credentials, actor: str | None, scope: Collection[str] | None
    ) -> Credentials:
        """The same with what is named for a process that is started. Raises ProcessError (NotFound)
        for a policy or group that there is not.
        """
        for name in scope or ():
            if name not in self:
                message = f"policy not found: {name}"
                raise ProcessError(message, ProcessErrorKind.NOT_FOUND, policy=name)
        return Credentials(
            credentials.actor if actor is None else actor,
            credentials.scope if scope is None else tuple(scope),
            credentials.meta if actor is None else {},
        )


def _matches(pattern: str, text: str) -> bool:
    return pattern == "*" or _compiled(pattern).fullmatch(text) is not None


@lru_cache(maxsize=1_024)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)
