"""Makes modules by chance, from the instruction table: valid ones, ones with a known fault, and
ones that are changed so that they may be valid or not.
"""

from spec_tests.generator.faults import FAULTS, Spoiled, disturb, spoil
from spec_tests.generator.module import EVERYTHING, generate
from spec_tests.generator.running import LIMITS, Observation, host_imports, observe

__all__ = [
    "EVERYTHING",
    "FAULTS",
    "LIMITS",
    "Observation",
    "Spoiled",
    "disturb",
    "generate",
    "host_imports",
    "observe",
    "spoil",
]
