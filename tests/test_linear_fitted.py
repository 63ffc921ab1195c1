"""Spectra from few samples: true errors against the stated, sharp lines, giving up."""

from __future__ import annotations

import numpy as np
import pytest

from physlearn_spice import EdgeModel, Fixed, LogUniform, PhyslearnError, complete, gnm
from physlearn_spice.linear.fitted import fitted
from physlearn_spice.linear.modal.form import modal_admittance


class Sampled:
    """A function on a grid that counts how often it is asked, and for what."""

    def __init__(self, grid: np.ndarray, values: np.ndarray) -> None:
        self.grid, self.values = grid, values
        self.asked: list[float] = []
        self.batches: list[int] = []

    def __call__(self, frequency: np.ndarray) -> np.ndarray:
        index = np.searchsorted(self.grid, frequency)
        np.testing.assert_array_equal(self.grid[index], frequency)
        self.asked += frequency.tolist()
        self.batches.append(len(frequency))
        return self.values[index]


def network(seed: int):
    rng = np.random.default_rng(seed)
    r = float(10 ** rng.uniform(-4, 1))  # Q up to some 1e6
    lossy = EdgeModel("one-of", probabilities=(0.0, 0.5, 0.5), inductor_esr=Fixed(r))
    wide = EdgeModel(
        "one-of", LogUniform(1e-3, 1e6), LogUniform(1e-6, 1e-2), LogUniform(1e-12, 1e-7)
    )
    match seed % 4:
        case 0:
            return complete(6, edge=EdgeModel(resistance=Fixed(r)), rng=rng)
        case 1:
            return gnm(25, 50, edge=EdgeModel("one-of", resistance=Fixed(1e3)), rng=rng)
        case 2:
            return gnm(25, 50, edge=lossy, rng=rng)
        case _:
            return gnm(20, 40, edge=wide, rng=rng)


@pytest.mark.parametrize("loaded", [False, True])
@pytest.mark.parametrize("seed", range(24))
def test_every_point_of_the_grid_is_right_poles_and_zeros_included(seed, loaded) -> None:
    form = modal_admittance(network(seed), loaded=loaded)
    lines = np.concatenate([form.f0[form.ringing], np.abs(form.zeros()) / (2 * np.pi)])
    lines = lines[(lines > 1e4) & (lines < 1e6)]
    # the worst grid: it hits the very tops and bottoms, which are far narrower than its steps
    grid = np.unique(np.concatenate([np.geomspace(1e4, 1e6, 1000), lines]))
    sample = Sampled(grid, form(grid))
    response, error = fitted(sample, grid)
    true = np.abs(response / sample.values - 1).max()
    assert true < 1e-8
    assert true < max(100 * error, 1e-10)
    assert len(sample.asked) < len(grid) / 3
    assert len(set(sample.asked)) == len(sample.asked)
    assert not any(n % 8 for n in sample.batches)


def test_a_large_network_takes_few_samples() -> None:
    edge = EdgeModel("one-of", resistance=Fixed(300.0))
    form = modal_admittance(complete(60, edge=edge, rng=np.random.default_rng(2)))
    grid = np.geomspace(1e4, 1e6, 1000)
    sample = Sampled(grid, form(grid))
    response, error = fitted(sample, grid)
    assert len(form.ringing) > 50
    assert len(sample.asked) <= 80
    assert np.abs(response / sample.values - 1).max() < 1e-9 >= error


def line(grid: np.ndarray, f0: float, q: float, height: float) -> np.ndarray:
    """A resonance [in units of the background] on a smooth response."""
    background = 1 / (1 + 1j * grid / 3e5)
    width = f0 / (2 * q)
    return background + height * width / (width + 1j * (grid - f0))


@pytest.mark.parametrize("q", [1e3, 1e5, 1e7])
def test_a_missed_line_is_as_low_as_documented(q: float) -> None:
    grid = np.geomspace(1e4, 1e6, 2000)
    f0 = float(grid[1111])
    for height in 10.0 ** np.arange(-10, 1):
        sample = Sampled(grid, line(grid, f0, q, height))
        response, _ = fitted(sample, grid)
        missed = abs(response[1111] / sample.values[1111] - 1)
        spacing = np.diff(np.sort(sample.asked)).max()
        assert missed < max(1e-8, 1e-9 * 2 * q * spacing / f0)


def test_places_leave_nothing_to_be_missed() -> None:
    grid = np.geomspace(1e4, 1e6, 2000)
    f0 = float(grid[1111])
    sample = Sampled(grid, line(grid, f0, 1e12, 1e-4))
    blind, _ = fitted(sample, grid)
    assert abs(blind[1111] / sample.values[1111] - 1) > 5e-5  # nothing shows between samples
    seen, _ = fitted(sample, grid, places=[f0])
    np.testing.assert_allclose(seen, sample.values, rtol=1e-9)
    with_many = Sampled(grid, line(grid, f0, 1e3, 1.0))
    fitted(with_many, grid, places=grid[200:230])
    assert set(grid[199:230]) <= set(with_many.asked)
    assert not any(n % 8 for n in with_many.batches)


def test_noise_is_no_rational_function() -> None:
    rng = np.random.default_rng(0)
    grid = np.geomspace(1.0, 10.0, 400)
    values = 1 + 1e-3 * (rng.standard_normal(400) + 1j * rng.standard_normal(400))
    sample = Sampled(grid, values)
    response, error = fitted(sample, grid)
    np.testing.assert_array_equal(response, values)
    assert error == 0
    assert sorted(sample.asked) == grid.tolist()  # each once


@pytest.mark.parametrize("n", [1, 2, 7, 24, 71, 72, 100])
def test_small_grids_and_constants(n: int) -> None:
    grid = np.linspace(1.0, 2.0, n) if n > 1 else np.array([1.0])
    for values in (np.full(n, 2.0 + 1j), 1 / (1 + 1j * grid), np.zeros(n, complex)):
        sample = Sampled(grid, values)
        response, error = fitted(sample, grid)
        np.testing.assert_allclose(response, values, rtol=1e-9)
        assert error <= 1e-9


def test_a_looser_tolerance_takes_fewer_samples() -> None:
    form = modal_admittance(complete(8, edge=EdgeModel(), rng=np.random.default_rng(0)))
    grid = np.geomspace(1e4, 1e6, 1000)
    counts = []
    for tolerance in (1e-9, 1e-4):
        sample = Sampled(grid, form(grid))
        response, error = fitted(sample, grid, tolerance=tolerance)
        assert error <= tolerance
        assert np.abs(response / sample.values - 1).max() < 100 * tolerance
        counts.append(len(sample.asked))
    assert counts[1] < counts[0]


@pytest.mark.parametrize("grid", [[1.0, 1.0], [2.0, 1.0], [[1.0, 2.0]]])
def test_a_grid_must_rise(grid) -> None:
    with pytest.raises(PhyslearnError, match="rise"):
        fitted(lambda f: f + 0j, np.array(grid))
