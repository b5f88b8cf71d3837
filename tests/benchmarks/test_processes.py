"""The benchmark of processes works; what it finds is not judged here."""

from __future__ import annotations

from benchmarks import processes


def test_every_figure_is_measured_and_told_beside_its_target() -> None:
    figures = processes.measure(idle=20, spawns=20, trips=50, probes=4, calls=4)
    shown = processes.format_figures(figures).splitlines()
    assert len(shown) == len(figures) == 8
    assert all("target" in line and line.endswith(("met", "MISSED")) for line in shown)
    assert "20 of them" in shown[0]
    assert "per CPU second" in shown[1]


def test_a_figure_is_met_by_either_clock() -> None:
    late, early = (0.5, 0.001), (0.5, 0.5)
    assert processes._percentile("x", [late] * 10, workers=2).is_met
    assert not processes._percentile("x", [early] * 10, workers=2).is_met
