"""Figures show what they are given, on the axes they are given."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from physlearn_spice import EdgeModel, Fixed, Tone, complete, gnm, square_lattice
from physlearn_spice.drawings import network_by_power, power_scale
from physlearn_spice.measures import Ledger
from physlearn_spice.plots import (
    figure,
    ledger_curves,
    save_figure,
    si_prefix,
    spectrum_curves,
    tuner_trace,
)

EDGE = EdgeModel(resistance=Fixed(1.0))


@pytest.mark.parametrize(
    ("network", "n_lines", "n_dots"),
    [
        (complete(6, edge=EDGE, rng=np.random.default_rng(0)), 15, 6),
        # of 12 nodes the two free corners lie inside a branch of two edges each
        (square_lattice(3, 4, edge=EDGE, rng=np.random.default_rng(0)), 17 - 2, 12 - 2),
    ],
)
def test_each_branch_is_a_line_and_each_junction_a_dot(network, n_lines, n_dots) -> None:
    power = dict.fromkeys(network.names(), 0.001) | {"r0": 1.0}
    with figure() as (_, axes):
        network_by_power(axes[0, 0], network, power, power_scale(power))
        lines = [line for line in axes[0, 0].lines if line.get_marker() == "None"]
        dots = [line for line in axes[0, 0].lines if line.get_marker() == "o"]
        assert (len(lines), len(dots)) == (n_lines, n_dots)
        widest = max(lines, key=lambda line: line.get_linewidth())
        assert widest is lines[-1]  # the strongest is drawn last, on top


def test_open_ends_and_parallel_edges_can_be_drawn() -> None:
    network = gnm(12, 14, edge=EdgeModel("one-of"), rng=np.random.default_rng(4))
    assert network.stubs
    with figure() as (_, axes):
        power = dict.fromkeys(network.names(), 1.0) or {"r0": 1.0}
        network_by_power(axes[0, 0], network, power, power_scale(power))
        assert axes[0, 0].lines


def test_power_scale_spans_its_decades_below_the_top() -> None:
    norm = power_scale({"r0": 1.0}, {"r0": 10.0}, decades=3)
    assert (norm.vmin, norm.vmax) == pytest.approx((0.01, 10.0))


def test_spectrum_marks_the_tones() -> None:
    f = np.geomspace(100, 2000, 50)
    curve = np.linspace(0, 1, 50)
    with figure() as (_, axes):
        ax = axes[0, 0]
        spectrum_curves(ax, f, {"before": curve, "after": curve}, (Tone(1.0, 220), Tone(0.5, 440)))
        marks = [line.get_xdata()[0] for line in ax.lines if line.get_marker() == "v"]
        assert marks == [220, 440]
        assert ax.get_xscale() == "log"
        assert "[Hz]" in ax.get_xlabel()
        assert [text.get_text() for text in ax.get_legend().get_texts()][:2] == ["before", "after"]


def test_band_of_a_spectrum_is_shaded_and_named() -> None:
    f = np.geomspace(100, 1000, 50)
    band = np.array([f, np.full(50, 0.2), np.full(50, 0.4)])
    with figure() as (_, axes):
        ax = axes[0, 0]
        spectrum_curves(ax, f, {"one": np.full(50, 0.3)}, band=band, name_of_band="5 to 95 %")
        (shade,) = ax.collections
        corners = shade.get_paths()[0].vertices
        assert (corners[:, 1].min(), corners[:, 1].max()) == (0.2, 0.4)
        assert [text.get_text() for text in ax.get_legend().get_texts()] == ["one", "5 to 95 %"]


def test_trace_is_the_running_mean_over_walkers() -> None:
    walkers = np.array([np.arange(100.0), np.arange(100.0) + 2])
    with figure() as (_, axes):
        tuner_trace(axes[0, 0], {"x": walkers}, window=11)
        line = axes[0, 0].lines[0]
        assert line.get_xdata()[[0, -1]] == pytest.approx([1, 100])
        # the first is unsmoothed, the last the mean of 89..99; and of the walkers, 1 more
        assert line.get_ydata()[[0, 10, -1]] == pytest.approx([0 + 1, 5 + 1, 94 + 1])
        assert axes[0, 0].get_ylabel() == "absorbed power [W]"
    with figure() as (_, axes):
        tuner_trace(axes[0, 0], {"x": walkers}, window=11, available=4.0)
        assert axes[0, 0].lines[0].get_ydata()[[0, 10, -1]] == pytest.approx([0.25, 1.5, 23.75])
        assert axes[0, 0].get_ylabel() == "absorbed / available power"


def test_ledgers_share_a_scale() -> None:
    t = np.linspace(0, 1, 10)
    books = {
        name: Ledger({"1": top}, {}, {}, {}, t, top * t, 0.7 * top * t, 0.3 * top * t)
        for name, top in (("small", 1e-4), ("large", 2e-3))
    }
    with figure(1, 2) as (_, axes):
        ledger_curves(axes[0], books)
        assert axes[0, 0].get_ylim() == axes[0, 1].get_ylim()
        assert axes[0, 1].lines[0].get_ydata()[-1] == pytest.approx(2.0)
        assert "mJ" in axes[0, 0].get_ylabel()


def test_a_ledger_without_a_source_shows_what_was_stored() -> None:
    t = np.linspace(0, 1, 10)
    book = Ledger({"1": 0.0}, {}, {}, {}, t, 0 * t, 2e-3 * t, -2e-3 * t)
    with figure() as (_, axes):
        ledger_curves(axes[0], {"": book})
        assert axes[0, 0].get_ylim()[1] == pytest.approx(2.1)
        assert "mJ" in axes[0, 0].get_ylabel()


@pytest.mark.parametrize(("value", "expected"), [(2.0, ""), (3e-3, "m"), (4e-7, "n"), (1e-20, "f")])
def test_si_prefix(value: float, expected: str) -> None:
    scale, prefix = si_prefix(value)
    assert prefix == expected
    assert value / scale < 1000


def test_the_same_figure_is_the_same_file(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "a.svg", "b.svg"):
        with figure() as (fig, axes):
            tuner_trace(axes[0, 0], {"x": np.ones((2, 50))})
            save_figure(fig, tmp_path / name)
    for ending in ("png", "svg"):
        one, two = ((tmp_path / f"{name}.{ending}").read_bytes() for name in "ab")
        assert one == two
