"""Arithmetic of eight numbers at once: each lane is what numpy makes of it, to an ulp or two."""

from __future__ import annotations

from collections.abc import Iterator

import mpmath
import numpy as np
import pytest
from numba import njit
from numpy.typing import NDArray

from physlearn_spice.linear import lanes
from physlearn_spice.linear.lanes import LANES, get, get_real, put, put_real, workspace

EPS = float(np.finfo(float).eps)
N = 40 * LANES


@njit
def of_real(x, out):
    for at in range(0, len(x), LANES):
        put_real(out, at, lanes.exponential(get_real(x, at)))


@njit
def of_complex(x, y, out, squares):
    """For each place: 1/x, 1/sqrt(x), x y, x + y x, x - y x, x - y; and the squares beside them."""
    for at in range(len(x) // (2 * LANES)):
        a, b = get(x, at), get(y, at)
        inverse, over = lanes.inverse(a)
        root, over_too = lanes.inverse_root(a)
        put(out, 6 * at, inverse)
        put(out, 6 * at + 1, root)
        put(out, 6 * at + 2, lanes.product(a, b))
        put(out, 6 * at + 3, lanes.plus_product(a, b, a))
        put(out, 6 * at + 4, lanes.less_product(a, b, a))
        put(out, 6 * at + 5, lanes.difference(a, lanes.conjugate(lanes.opposite(b))))
        put(squares, 2 * at, (over, over_too))
        put(squares, 2 * at + 1, (lanes.norm(a), lanes.magnitude(a)))


@njit
def with_nan(x, y, out):
    put_real(out, 0, lanes.maximum(get_real(x, 0), get_real(y, 0)))


def packed(z: NDArray[np.complex128]) -> NDArray[np.float64]:
    """Complex vectors as memory holds them: the real and then the imaginary one."""
    out = workspace(len(z) // LANES)
    out[:] = np.stack([z.real.reshape(-1, LANES), z.imag.reshape(-1, LANES)], axis=1).reshape(-1)
    return out


def unpacked(array: NDArray[np.float64], n: int) -> NDArray[np.complex128]:
    """(n, n_numbers) of places that go round in n."""
    parts = array.reshape(-1, n, 2, LANES)
    return (parts[:, :, 0] + 1j * parts[:, :, 1]).transpose(1, 0, 2).reshape(n, -1)


def planes() -> Iterator[NDArray[np.complex128]]:
    """Numbers of ordinary size, over 200 decades, and on and beside the axes."""
    rng = np.random.default_rng(0)
    angle = rng.uniform(-np.pi, np.pi, N)
    yield rng.standard_normal(N) + 1j * rng.standard_normal(N)
    yield 10 ** rng.uniform(-100, 100, N) * np.exp(1j * angle)
    axes = np.array([1, -1, 1j, -1j])[rng.integers(4, size=N)]
    yield axes * 10 ** rng.uniform(-3, 3, N)
    tiny = 10 ** rng.uniform(-20, -7, N) * rng.choice([-1, 1], N)
    yield axes * (1 + 1j * tiny)


def test_exponential_is_right_to_an_ulp() -> None:
    rng = np.random.default_rng(1)
    x = np.concatenate(
        [
            rng.uniform(-700, 700, 60 * LANES),
            rng.uniform(-40, 20, 60 * LANES),  # ln of component values
            10 ** rng.uniform(-20, 0, 8 * LANES) * rng.choice([-1, 1], 8 * LANES),
            np.log(2) * rng.integers(-900, 900, 8 * LANES) / 2,
            [0.0, -0.0, 1.0, -1.0, 699.9, -699.9, EPS, -EPS],
        ]
    )
    out = np.empty(len(x))
    of_real(x, out)
    with mpmath.workdps(40):
        truth = [mpmath.exp(mpmath.mpf(v)) for v in x]
        ulps = [
            float(abs(mpmath.mpf(mine) - exact) / np.spacing(float(exact)))
            for mine, exact in zip(out, truth, strict=True)
        ]
    assert max(ulps) < 1
    assert out[-8] == out[-7] == 1.0


@pytest.mark.parametrize("x", [*planes()])
def test_complex_arithmetic_is_numpys(x) -> None:
    y = np.roll(x, 3) / np.abs(np.roll(x, 3))
    out, squares = workspace(6 * N // LANES), workspace(2 * N // LANES)
    of_complex(packed(x), packed(y), out, squares)
    inverse, root, product, plus, less, difference = unpacked(out, 6)
    size = np.abs(x)
    assert np.all(np.abs(inverse * x - 1) < 4 * EPS)
    theirs = 1 / np.sqrt(x)
    assert np.all(np.abs(root / theirs - 1) < 6 * EPS)
    assert np.all(root.real >= 0)  # the principal value
    for mine, expected in ((product, x * y), (plus, x + y * x), (less, x - y * x)):
        assert np.all(np.abs(mine - expected) < 8 * EPS * size)
    assert np.array_equal(difference, x + y.conj())
    overs, norms = unpacked(squares, 2)
    assert overs.real == pytest.approx(1 / size**2, rel=4 * EPS)
    assert overs.imag == pytest.approx(1 / size**2, rel=6 * EPS)
    assert norms.real == pytest.approx(size**2, rel=4 * EPS)
    assert norms.imag == pytest.approx(np.abs(x.real) + np.abs(x.imag), rel=2 * EPS)


def test_root_has_no_cancellation_on_the_negative_axis() -> None:
    """1 / sqrt(-1 + j y) is y / 2 - j: its small part keeps its digits."""
    y = 10.0 ** np.arange(-15, -7)
    x = -1 + 1j * y
    out, squares = workspace(6), workspace(2)
    of_complex(packed(x), packed(x), out, squares)
    root = unpacked(out, 6)[1]
    assert root.real == pytest.approx(y / 2, rel=1e-13)
    assert root.imag == pytest.approx(-1, rel=1e-13)


def test_maximum_leaves_out_what_is_no_number() -> None:
    """Why a growth alone does not tell that an admittance is a number."""
    x, y, out = (np.zeros(LANES) for _ in range(3))
    x[:3], y[:3] = (1.0, np.nan, 3.0), (2.0, 5.0, np.nan)
    with_nan(x, y, out)
    assert out[:3].tolist() == [2.0, 5.0, 3.0]


def test_workspace_begins_on_a_boundary() -> None:
    for places in (1, 2, 7):
        room = workspace(places)
        assert room.ctypes.data % 64 == 0
        assert room.shape == (places * 2 * LANES,)
        assert not room.any()
