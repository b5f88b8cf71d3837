"""Both engines in lockstep: the same snapshots, and each goes on from the other's."""

from spec_tests.lockstep.engine import LockstepEngine
from spec_tests.lockstep.pairs import Difference

__all__ = ["Difference", "LockstepEngine"]
