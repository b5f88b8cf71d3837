"""What is measured: the guests, and how much work each of them is given.

``size`` takes gcc's program about 20 ms; ``small`` takes the reference engine some tenths of a
second; ``tiny`` is for tests and profiles, some ten thousand instructions.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["WORKLOADS", "Workload", "select"]


@dataclass(frozen=True, slots=True)
class Workload:
    """A guest, what it shows, and its arguments."""

    name: str
    about: str
    size: int
    small: int
    tiny: int


WORKLOADS = (
    Workload("fib", "recursive calls", 36, 22, 12),
    Workload("sieve", "bytes in a loop", 5_000, 20, 1),
    Workload("mandelbrot", "floats in a loop", 600, 60, 8),
    Workload("nbody", "floats in structures", 200_000, 2_000, 20),
    Workload("sha256", "words and rotations", 80_000, 300, 2),
    Workload("matmul_f32", "matrices, single precision", 4_700, 5, 1),
    Workload("matmul_f64", "matrices, double precision", 3_500, 6, 1),
    Workload("matmul_simd", "matrices, four at a time", 14_000, 6, 1),
    Workload("blend_simd", "bytes in vectors", 60_000, 80, 4),
    Workload("quicksort", "recursion over an array", 500_000, 10_000, 200),
    Workload("bytecode", "a switch in a loop", 8_000, 150, 12),
    Workload("hashmap", "64-bit keys, probing", 1_500_000, 20_000, 400),
    Workload("bulk", "memory.fill and memory.copy", 200_000, 20_000, 200),
    Workload("indirect", "calls through a table", 3_000_000, 50_000, 500),
    Workload("mixing", "64-bit integers", 5_000_000, 30_000, 400),
    Workload("strings", "bytes that end with a zero", 40_000, 300, 4),
    Workload("queens", "recursion over bits", 13, 8, 5),
    Workload("compression", "branches that depend on data", 1_800, 10, 1),
    Workload("gc_tree", "structs that live and die", 20_000, 300, 5),
)


def select(names: list[str] | None) -> tuple[Workload, ...]:
    """The workloads of these names, in their order; all for None. Raises KeyError."""
    if names is None:
        return WORKLOADS
    known = {workload.name: workload for workload in WORKLOADS}
    return tuple(known[name] for name in names)
