"""Results of many files: a table for people, JSON for tools."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from spec_tests.runner import FileResult, Outcome
from spec_tests.skips import FileSkip, Skip

__all__ = ["Report"]


@dataclass(slots=True)
class _Counts:
    files: int = 0
    passed: int = 0
    failed: int = 0
    skipped: int = 0


@dataclass(slots=True)
class Report:
    """What came of a run on one engine by one route."""

    engine: str
    route: str
    skips: list[Skip] = field(default_factory=list)
    results: list[FileResult] = field(default_factory=list)
    file_skips: list[FileSkip] = field(default_factory=list)

    def is_skipped(self, path: Path, outcome: Outcome) -> bool:
        """Whether an assertion that does not hold is one that is known not to."""
        return any(skip.covers(path, outcome.line, self.engine) for skip in self.skips)

    def failures(self, result: FileResult) -> list[Outcome]:
        """The failures of a file that nobody has explained.

        A file with a number of failures that is known has none, or one more if the number differs.
        """
        unexplained = [o for o in result.failures if not self.is_skipped(result.path, o)]
        known = [skip for skip in self.file_skips if skip.covers(result.path)]
        if not known:
            return unexplained
        if len(unexplained) == known[0].count:
            return []
        complaint = f"{known[0].count} failures are expected, and there are {len(unexplained)}"
        return [*unexplained, Outcome(0, "skips.toml", passed=False, complaint=complaint)]

    def stale_skips(self) -> list[Skip]:
        """The skips of files that were run whose assertions hold, so that they are not needed."""
        lines = {
            (result.path, outcome.line) for result in self.results for outcome in result.failures
        }
        return [
            skip
            for skip in self.skips
            if any(skip.covers(result.path, skip.line, self.engine) for result in self.results)
            and not any(skip.covers(path, line, self.engine) for path, line in lines)
        ]

    def _folders(self) -> dict[str, _Counts]:
        folders: dict[str, _Counts] = defaultdict(_Counts)
        for result in self.results:
            counts = folders[result.path.parent.as_posix()]
            failed = len(self.failures(result))
            counts.files += 1
            counts.passed += result.passed
            counts.failed += failed
            counts.skipped += max(0, len(result.failures) - failed)
        return dict(sorted(folders.items()))

    @property
    def totals(self) -> tuple[int, int, int]:
        """How many passed, failed and were skipped."""
        counts = list(self._folders().values())
        return (
            sum(count.passed for count in counts),
            sum(count.failed for count in counts),
            sum(count.skipped for count in counts),
        )

    def table(self) -> str:
        """A line a folder, and last the line that counts everything."""
        rows = [
            (folder, str(c.files), str(c.passed), str(c.failed), str(c.skipped))
            for folder, c in self._folders().items()
        ]
        header = ("folder", "files", "passed", "failed", "skipped")
        widths = [max(len(row[i]) for row in [header, *rows]) for i in range(5)]
        lines = [
            "  ".join(
                cell.ljust(width) if column == 0 else cell.rjust(width)
                for column, (cell, width) in enumerate(zip(row, widths, strict=True))
            )
            for row in [header, *rows]
        ]
        passed, failed, skipped = self.totals
        return "\n".join([*lines, f"{passed} passed, {failed} failed, {skipped} skipped"])

    def complaints(self, limit: int) -> str:
        """The first failures, one a line: file, line, kind and what was wrong."""
        lines = [
            f"{result.path}:{outcome.line}: {outcome.kind}: {outcome.complaint}"
            for result in self.results
            for outcome in self.failures(result)
        ]
        more = [f"... and {len(lines) - limit} more"] if len(lines) > limit else []
        return "\n".join([*lines[:limit], *more])

    def write_json(self, path: Path) -> None:
        """Write everything that was seen."""
        passed, failed, skipped = self.totals
        document = {
            "engine": self.engine,
            "route": self.route,
            "passed": passed,
            "failed": failed,
            "skipped": skipped,
            "files": [
                {
                    "path": str(result.path),
                    "passed": result.passed,
                    "failures": [
                        {"line": o.line, "kind": o.kind, "complaint": o.complaint}
                        for o in result.failures
                    ],
                }
                for result in self.results
            ],
        }
        path.write_text(json.dumps(document, indent=1) + "\n")
