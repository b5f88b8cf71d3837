"""Makes modules by chance, from the instruction table: valid ones, ones with a known fault, and
ones that are changed so that they may be valid or not.
"""

from spec_tests.generator.faults import FAULTS, Spoiled, disturb, spoil
from spec_tests.generator.module import EVERYTHING, generate

__all__ = ["EVERYTHING", "FAULTS", "Spoiled", "disturb", "generate", "spoil"]
