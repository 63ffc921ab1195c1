"""E series by their steps; spreads and bands against the formulas of a series RLC."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor
from physlearn_spice.errors import NetworkError
from physlearn_spice.generators import EdgeModel, complete
from physlearn_spice.modes import natural_modes
from physlearn_spice.network import Network, Port
from physlearn_spice.tolerances import (
    SERIES,
    absorbed_band,
    e_series,
    mode_spreads,
    within_tolerance,
)
from tests.benches import series_rlc

RLC = series_rlc(quality_factor=50.0, source_resistance=2.0)
LEVELS = (5, 50, 95)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("series", SERIES)
def test_nearest_value_is_within_half_a_step(series) -> None:
    drawn = 10 ** rng(1).uniform(-13, 7, 500)
    parts = tuple(Resistor(f"r{k}", "a", "0", v) for k, v in enumerate(drawn.tolist()))
    bought = e_series(Network(parts, (Port("1", "a"),)), series)
    every = np.outer(10.0 ** np.arange(-14, 9), SERIES[series]).ravel()
    logs = np.log(every)
    for e, value in zip(bought.elements, drawn, strict=True):
        apart = np.abs(logs - math.log(value))
        assert abs(math.log(e.value / value)) == pytest.approx(apart.min(), abs=1e-9)
        assert apart.min() <= np.diff(logs).max() / 2
        # a number as it stands in a catalogue: at most three digits
        assert float(f"{e.value:.2e}") == e.value


@pytest.mark.parametrize(("series", "n"), [("E12", 12), ("E24", 24), ("E96", 96)])
def test_series_is_a_geometric_decade(series, n) -> None:
    values = SERIES[series]
    assert len(values) == n
    # rounded to two digits, and in E24 by tradition up to 4.5 % off (3.0 for 3.16)
    exact = 10 ** (np.arange(n) / n)
    assert np.abs(np.array(values) / exact - 1).max() < (0.005 if n == 96 else 0.055)
    assert all(low < high for low, high in pairwise(values))


def test_values_of_a_series_stay_and_only_r_l_c_change() -> None:
    network = complete(4, edge=EdgeModel(nonlinear_share=0.5), rng=rng())
    bought = e_series(network)
    assert bought != network
    assert e_series(bought) == bought
    assert bought.ports == network.ports
    for old, new in zip(network.elements, bought.elements, strict=True):
        assert type(old) is type(new)
        assert isinstance(old, Resistor | Inductor | Capacitor) or old == new
    with pytest.raises(NetworkError, match="no series 'E7'; there are E12, E24, E96"):
        e_series(network, "E7")


def test_drawn_values_fill_the_tolerance() -> None:
    sets = within_tolerance(RLC, 0.1, 4000, rng())
    assert list(sets) == ["r1", "l1", "c1"]
    for name, values in sets.items():
        off = values / RLC[name].value - 1
        assert values.shape == (4000,)
        assert np.abs(off).max() <= 0.1
        # uniform: mean 0 and variance t^2 / 3, to four standard errors
        assert abs(off.mean()) < 4 * 0.1 / math.sqrt(3 * 4000)
        assert off.var() == pytest.approx(0.01 / 3, rel=4 * math.sqrt(0.8 / 4000))
    assert abs(np.corrcoef(list(sets.values()))[0, 1]) < 4 / math.sqrt(4000)
    again = within_tolerance(RLC, 0.1, 4000, rng())
    np.testing.assert_array_equal(again["c1"], sets["c1"])


def test_modes_spread_as_the_formulas_of_a_series_rlc() -> None:
    sets = within_tolerance(RLC, 0.2, 50, rng(2))
    r, ind, c = sets.values()
    f0 = 1 / (2 * math.pi * np.sqrt(ind * c))
    quality = np.sqrt(ind / c) / (r + 2.0)
    (spread,) = mode_spreads(RLC, sets, LEVELS)
    np.testing.assert_allclose(spread.f0, np.percentile(f0, LEVELS), rtol=1e-9)
    np.testing.assert_allclose(spread.quality_factor, np.percentile(quality, LEVELS), rtol=1e-9)


def test_absorbed_power_spreads_as_the_formula_of_a_series_rlc() -> None:
    sets = within_tolerance(RLC, 0.1, 60, rng(3))
    f = np.linspace(4e4, 6e4, 41)
    r, ind, c = (values[:, None] for values in sets.values())
    omega = 2 * math.pi * f
    z = r + 2.0 + 1j * (omega * ind - 1 / (omega * c))
    power = r / np.abs(z) ** 2 / 2
    band = absorbed_band(RLC, f, sets, LEVELS)
    np.testing.assert_allclose(band, np.percentile(power, LEVELS, axis=0), rtol=1e-9)


def test_sets_whose_modes_do_not_all_ring_are_left_out() -> None:
    edge = series_rlc(quality_factor=0.52)  # by L and C alone Q goes below a half
    sets = within_tolerance(edge, 0.2, 60, rng(4))
    r, ind, c = sets.values()
    rings = np.sqrt(ind / c) / r > 0.5
    assert 0 < rings.sum() < 60
    (spread,) = mode_spreads(edge, sets, (0, 100))
    quality = (np.sqrt(ind / c) / r)[rings]
    np.testing.assert_allclose(spread.quality_factor, [quality.min(), quality.max()], rtol=1e-6)
    none = {name: values[~rings] for name, values in sets.items()}
    (spread,) = mode_spreads(edge, none, LEVELS)
    assert np.isnan(spread.f0).all()
    assert len(natural_modes(edge)) == 1


def test_without_modes_there_is_no_spread() -> None:
    network = Network((Resistor("r1", "a", "0", 1.0),), (Port("1", "a", resistance=1.0),))
    assert mode_spreads(network, within_tolerance(network, 0.1, 3, rng())) == []


def test_what_has_no_tolerance_is_told() -> None:
    diode = Network((*RLC.elements, Diode("d1", "a", "0")), RLC.ports)
    with pytest.raises(NetworkError, match="diode 'd1' is nonlinear"):
        within_tolerance(diode, 0.1, 3, rng())
    for bad in (0.0, 1.0, -0.1, math.nan):
        with pytest.raises(NetworkError, match=f"tolerance = {bad}"):
            within_tolerance(RLC, bad, 3, rng())
