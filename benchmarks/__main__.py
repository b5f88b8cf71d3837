"""``python -m benchmarks reference``: figures beside peers, in the same run."""

from __future__ import annotations

import argparse

from benchmarks import reference

__all__ = ["main"]


def main() -> None:
    """Run the benchmark that is named."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("what", choices=["reference"])
    parser.parse_args()
    reference.print_table(reference.measure())


if __name__ == "__main__":
    main()
