"""A spectrum on a dense grid from few samples of an expensive function, by rational fits.

The AAA algorithm (Nakatsukasa, Sete, Trefethen, SIAM J. Sci. Comput. 40, A1494, 2018) writes the
response as a quotient of partial fractions that goes through some of the samples,

    r(f) = sum_j w_j y_j / (f - f_j) / sum_j w_j / (f - f_j),

and chooses w so that it meets the others: the least singular vector of a Loewner matrix. A lumped
network's response is rational, so the error falls to rounding once the poles of the band are
resolved. Here rows are divided by the response, so that it is the relative error that is small.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhyslearnError

__all__ = ["fitted"]

_BATCH = 8  # lanes of the sampled function
_FIRST = 24
_TESTS = 2  # batches in a row that must be predicted
_MOST = 1 / 3  # of the grid: beyond, sampling all of it is no dearer

Complex = NDArray[np.complex128]
Sample = Callable[[NDArray[np.float64]], Complex]


def fitted(
    sample: Sample,
    frequency: NDArray[np.float64],
    *,
    tolerance: float = 1e-9,
    places: ArrayLike = (),
) -> tuple[Complex, float]:
    """Return a response on a grid (n_freq,), and its error.

    Samples are added where two successive fits differ most, until they agree and new samples meet
    what was predicted. Where that takes more than a third of the grid, all of it is sampled.

    No sampling sees a line that is narrower than any distance between samples but for its tails,
    which at a distance D are f0 / (2 Q D) of its height. So a line that was missed is lower than
    ``tolerance`` 2 Q D / f0 of the response around it: at D = f0 / 50 and Q = 1e6, 4e-5. Where the
    modes are known, ``places`` leaves nothing to be missed.

    Parameters
    ----------
    sample
        The function: its values (n,) at frequencies [Hz] (n,) of the grid. n is a
        multiple of 8 but for the last of them.
    frequency
        The grid [Hz] (n_freq,), rising.
    tolerance
        Relative error to be reached.
    places
        Frequencies [Hz] of known lines: their neighbours on the grid are sampled.

    Returns
    -------
    response
        (n_freq,), where it was sampled as sampled.
    error
        Largest relative error at the last batch of samples, of which the fit did not know; 0 where
        everything was sampled.

    Raises
    ------
    PhyslearnError
        The grid does not rise.
    """
    grid = np.asarray(frequency, float)
    if grid.ndim != 1 or not np.all(np.diff(grid) > 0):
        raise PhyslearnError("the grid's frequencies must rise")
    known, response = np.zeros(len(grid), bool), np.zeros(len(grid), complex)
    new = _first(grid, np.asarray(places, float))
    support = new[:: max(1, len(new) // 4)].tolist()
    predicted: list[Complex] = []
    passed = 0
    while known.sum() + len(new) <= _MOST * len(grid):
        response[new] = sample(grid[new])
        known[new] = True
        if not np.all(np.isfinite(response[new]) & (response[new] != 0)):
            break  # a relative error has no meaning there
        if predicted:
            missed = float(np.max(np.abs(predicted[-1][new] / response[new] - 1)))
            passed = passed + 1 if missed <= tolerance else 0
            if passed == _TESTS:
                return np.where(known, response, predicted[-1]), missed
        predicted.append(_fit(grid, response, known, support, tolerance / 100))
        new = _next(known, predicted)
    rest = np.flatnonzero(~known)
    if rest.size:
        response[rest] = sample(grid[rest])
    return response, 0.0


def _first(grid: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.intp]:
    """Indices (a multiple of 8) spread over the grid, and at the places."""
    after = np.searchsorted(grid, places)
    beside = np.concatenate([after - 1, after])
    beside = np.unique(beside[(beside >= 0) & (beside < len(grid))])
    return _filled(len(grid), beside, len(beside) + _FIRST)


def _filled(n_grid: int, chosen: NDArray[np.intp], least: int) -> NDArray[np.intp]:
    """Add evenly spread indices to those chosen, up to a multiple of 8 that is not below least."""
    n = min(n_grid, -(-least // _BATCH) * _BATCH)
    free = np.setdiff1d(np.arange(n_grid), chosen)
    some = np.linspace(0, len(free) - 1, n - len(chosen)).round().astype(np.intp)
    return np.union1d(chosen, free[some])


def _next(known: NDArray[np.bool_], predicted: list[Complex]) -> NDArray[np.intp]:
    """Indices of the next samples: where the last two fits differ most, and amid the widest gaps.

    At most two in an interval between samples.
    """
    samples = np.flatnonzero(known)
    left, right = samples[:-1], samples[1:]
    open_ = right - left > 1
    left, right = left[open_], right[open_]
    batch = _BATCH * max(1, len(samples) // (4 * _BATCH))
    last = predicted[-1]
    before = predicted[-2] if len(predicted) > 1 else last
    change = np.abs(last - before) / np.maximum(np.abs(last), np.finfo(float).tiny)
    change[known] = 0.0
    change[~np.isfinite(change)] = np.inf
    top = np.array([a + 1 + np.argmax(change[a + 1 : b]) for a, b in zip(left, right, strict=True)])
    half = batch // 2 if len(predicted) > 1 else 0
    steep = top[np.argsort(-change[top], kind="stable")[:half]]
    middle = ((left + right) // 2)[np.argsort(left - right, kind="stable")]
    wide = middle[~np.isin(middle, steep)][: batch - len(steep)]
    chosen = np.union1d(steep, wide)
    free = np.flatnonzero(~known)
    return free[_filled(len(free), np.searchsorted(free, chosen), len(chosen))]


def _fit(
    grid: NDArray[np.float64],
    response: Complex,
    known: NDArray[np.bool_],
    support: list[int],
    tolerance: float,
) -> Complex:
    """Fit the known samples and return the fit on the whole grid (n_freq,).

    ``support`` holds the indices that the fit goes through; the worst others join until the
    relative error is below the tolerance, several at a time and kept from one call to the next.
    """
    while True:
        others = known.copy()
        others[support] = False
        rows = np.flatnonzero(others)
        weights = _weights(grid, response, rows, support)
        error = np.abs(
            _barycentric(grid[rows], grid, response, support, weights) / response[rows] - 1
        )
        error[~np.isfinite(error)] = np.inf
        room = (len(rows) - len(support)) // 2  # as many conditions as weights
        if room < 1 or error.max() <= tolerance:
            break
        worst = np.argsort(-error)[: min(room, max(1, len(support) // 6))]
        support += rows[worst].tolist()
    result = response.copy()
    unknown = np.flatnonzero(~known)
    result[unknown] = _barycentric(grid[unknown], grid, response, support, weights)
    return result


def _weights(
    grid: NDArray[np.float64], response: Complex, rows: NDArray[np.intp], support: list[int]
) -> Complex:
    """Least singular vector (n_support,) of the Loewner matrix, by inverse iteration."""
    from scipy.linalg import solve_triangular

    loewner = (1 - response[support] / response[rows, None]) / (grid[rows, None] - grid[support])
    r = np.asarray(np.linalg.qr(loewner, mode="r"))
    diagonal = np.abs(np.diag(r))
    least = 1e-18 * diagonal.max() or 1.0  # a constant response leaves no matrix at all
    r[np.diag_indices(len(r))] += np.where(diagonal < least, least, 0.0)
    weights = np.ones(len(support), complex)
    for _ in range(3):
        weights = solve_triangular(r, weights, trans=2, check_finite=False)
        weights = solve_triangular(r, weights / np.abs(weights).max(), check_finite=False)
        weights /= np.abs(weights).max()
    return weights


def _barycentric(
    at: NDArray[np.float64],
    grid: NDArray[np.float64],
    response: Complex,
    support: list[int],
    weights: Complex,
) -> Complex:
    cauchy = 1 / (at[:, None] - grid[support])
    both = cauchy @ np.stack([weights * response[support], weights], axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(both[:, 0] / both[:, 1])
