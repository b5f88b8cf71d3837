"""``security.policy``, and the ``security`` of entries that goes by policies."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from pywasm_rt.app.kinds.configuration import Configuration, Reference, Text
from pywasm_rt.process.security import Credentials

__all__ = ["Actor", "PolicyRule", "Security", "SecurityPolicy"]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[list[Text], BeforeValidator(_listed), Field(min_length=1)]
"""One text or several, in which ``*`` stands for any text."""


class PolicyRule(Configuration):
    """What a policy says: ``effect`` for ``actions`` on ``resources``."""

    actions: Patterns
    resources: Patterns
    effect: Literal["allow", "deny"]


class SecurityPolicy(Configuration):
    """``security.policy``: what processes that go by it may do, or may not.

    Scopes name it by its ID, or by one of its ``groups``. What is denied by one policy of a scope
    is not allowed by another. The actions are those of :mod:`pywasm_rt.process.security`.
    """

    policy: PolicyRule
    groups: list[Text] = Field(default_factory=list)


class Actor(Configuration):
    """Who a process acts for."""

    id: Text
    meta: dict[str, object] = Field(default_factory=dict)


class Security(Configuration):
    """``security`` of an entry: what its processes go by. Without ``policies`` and ``groups`` only
    the actor is set, and everything may be done.
    """

    actor: Actor | None = None
    groups: list[Text] = Field(default_factory=list)
    policies: list[Reference] = Field(default_factory=list)

    @property
    def credentials(self) -> Credentials:
        """The same for a scheduler."""
        names = (*self.policies, *self.groups)
        actor = self.actor
        if actor is None:
            return Credentials(scope=names or None)
        return Credentials(actor.id, names or None, actor.meta)
