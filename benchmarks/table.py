"""A report as text: ratios to gcc, ratios to each peer, and what is missing and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from benchmarks.cores import CORES
from benchmarks.engines import GCC, VARIANTS
from benchmarks.report import Report

__all__ = ["format_report", "format_rows"]

_NOTHING = "-"
_WIDEST_REASON = 100
_VARIANTS = {
    "native+steps": "native+steps: advanced by step() instead of run()",
    "native+pauses": "native+pauses: advanced by run(fuel), 1,000 loop turns and calls at a time",
    "native-fuel": f"native-fuel: built with {CORES['native-fuel']} into a temporary folder: no "
    "fuel or steps are counted, no loop or call looks whether it is to pause",
}


def format_rows(rows: Sequence[Sequence[str]]) -> list[str]:
    """Lines with the columns in line: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join(cells).rstrip())
    return lines


def format_report(report: Report) -> str:
    """The whole report."""
    lines = [*_heading(report), "", *_by_gcc(report)]
    if report.pairs():
        lines += ["", *_by_peers(report)]
    notes = [*_reasons(report)]
    if notes:
        lines += ["", *notes]
    return "\n".join(lines)


def _number(value: float | None) -> str:
    if value is None:
        return _NOTHING
    if value >= 100:
        return f"{value:.0f}"
    return f"{value:.2f}" if value >= 0.1 else f"{value:.4f}"


def _heading(report: Report) -> Iterator[str]:
    here = report.surroundings
    yield f"{here.date}, {here.processors} x {here.processor}"
    yield ", ".join(f"{name} {version}" for name, version in here.versions.items())
    if here.is_busy:
        yield f"the load average was {here.load}: other programs ran, figures may be off"


def _by_gcc(report: Report) -> Iterator[str]:
    engines = [name for name in report.engines if name != GCC]
    yield f"CPU time by that of {GCC}: median of {report.rounds} rounds, lower is better"
    rows = [["workload", "size", "gcc ms", *engines]]
    for workload in report.workloads:
        base = report.cell(GCC, workload.name).seconds
        ratios = [_number(report.ratio(name, GCC, workload.name)) for name in engines]
        milliseconds = _NOTHING if base is None else f"{base * 1e3:.1f}"
        rows.append([workload.name, f"{workload.size:,}", milliseconds, *ratios])
    shared = report.shared(report.engines)
    means = [_number(report.mean_ratio(name, GCC, shared)) for name in engines]
    rows.append([f"geometric mean of {len(shared)}", "", "", *means])
    spreads = [report.spread(name) for name in (GCC, *engines)]
    medians = [_NOTHING if spread is None else f"{spread.median:.2f}" for spread in spreads]
    worsts = [_NOTHING if spread is None else f"{spread.worst:.2f}" for spread in spreads]
    rows.append(["spread: median", "", *medians])
    rows.append(["spread: worst", "", *worsts])
    yield from format_rows(rows)
    left_out = [workload.name for workload in report.workloads if workload.name not in shared]
    if left_out:
        yield f"the mean is of the workloads that all of them run, so without {', '.join(left_out)}"
    yield "the spread is that of the longest round by the shortest"


def _by_peers(report: Report) -> Iterator[str]:
    pairs = report.pairs()
    yield "CPU time of one by that of another"
    rows = [["workload", *(f"{one} / {other}" for one, other in pairs)]]
    rows += [
        [workload.name, *(_number(report.ratio(*pair, workload.name)) for pair in pairs)]
        for workload in report.workloads
    ]
    shared = [report.shared(pair) for pair in pairs]
    means = [_number(report.mean_ratio(*pair, of)) for pair, of in zip(pairs, shared, strict=True)]
    rows.append(["geometric mean", *means])
    rows.append(["of so many", *(str(len(of)) for of in shared)])
    yield from format_rows(rows)


def _reasons(report: Report) -> Iterator[str]:
    """Why there is no figure, for each engine and reason once."""
    for name, reason in report.missing.items():
        state = "not built" if name.startswith("native") else "not there"
        yield f"{name}: {state} ({_shortened(reason)})"
    workloads: dict[tuple[str, str], list[str]] = {}
    for (engine, workload), cell in report.cells.items():
        if cell.reason is not None:
            workloads.setdefault((engine, cell.reason), []).append(workload)
    for (engine, reason), names in workloads.items():
        yield f"{engine} cannot run {', '.join(names)}: {_shortened(reason)}"
    yield from (_VARIANTS[name] for name in VARIANTS if name in report.engines)
    if "reference" in report.engines:
        yield "reference: measured with a smaller size, its time scaled by steps"
    yield from (f"FAILED: {failure}" for failure in report.failures)


def _shortened(reason: str) -> str:
    return reason if len(reason) <= _WIDEST_REASON else f"{reason[: _WIDEST_REASON - 3]}..."
