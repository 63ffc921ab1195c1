"""Programs and their elimination: what numpy makes of the same matrix, in any order and size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice.linear.batches import Room, room_for
from physlearn_spice.linear.kernel import (
    assemble,
    eliminate,
    substitute_back,
    substitute_forward,
)
from physlearn_spice.linear.lanes import LANES
from physlearn_spice.linear.ordering import program_of
from physlearn_spice.linear.program import TILE, Program, n_places


class Eliminated(NamedTuple):
    program: Program
    room: Room
    matrices: NDArray[np.complex128]  # (LANES, n, n) in the program's order
    row: NDArray[np.int64]


def random_branches(n: int, share: float, rng: np.random.Generator) -> list[tuple[int, int]]:
    """A connected graph of n unknowns and the reference, with that share of all pairs."""
    pairs = [(k, int(rng.integers(-1, k))) for k in range(n)]
    pairs += [(int(i), int(j)) for i in range(n) for j in range(-1, i) if rng.random() < share]
    # of two unknowns, either may come first
    return [p if p[1] < 0 or rng.random() < 0.5 else p[::-1] for p in pairs]


def lanes_of(array: NDArray[np.float64], place: int) -> NDArray[np.complex128]:
    at = 2 * LANES * place
    return array[at : at + LANES] + 1j * array[at + LANES : at + 2 * LANES]


def set_lanes(array: NDArray[np.float64], place: int, z: NDArray[np.complex128]) -> None:
    at = 2 * LANES * place
    array[at : at + LANES], array[at + LANES : at + 2 * LANES] = z.real, z.imag


def eliminated(branches: Sequence[tuple[int, int]], n: int, seed: int) -> Eliminated:
    rng = np.random.default_rng(seed)
    row, program = program_of(branches, n)
    room = room_for(program)
    values = rng.uniform([[1.0], [0.0], [0.0]], [[3.0], [2.0], [2.0]], (len(branches), 3, LANES))
    if values.shape[-1] != LANES:
        raise AssertionError
    room.values[: values.size] = values.reshape(-1)
    omega = rng.uniform(0.5, 2, LANES)
    room.omega[:LANES] = omega
    y = 1 / (values[:, 0] + 1j * (omega * values[:, 1] - values[:, 2] / omega))
    matrices = np.zeros((LANES, n, n), complex)
    for (i, j), along in zip(branches, y, strict=True):
        i, j = int(row[i]), int(row[j]) if j >= 0 else -1
        matrices[:, i, i] += along
        if j >= 0:
            matrices[:, j, j] += along
            matrices[:, i, j] -= along
            matrices[:, j, i] -= along
    assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
    for k in range(n):
        assert lanes_of(room.matrix, program.diagonal[k]) == pytest.approx(matrices[:, k, k])
    eliminate(program, room.matrix, room.weight, room.growth)
    return Eliminated(program, room, matrices, row)


SIZES = [
    (1, 0.5),
    (2, 0.5),
    (3, 1.0),
    (4, 0.0),
    (5, 1.0),
    (9, 0.2),
    (12, 1.0),
    (25, 0.1),
    (40, 0.05),
]


@pytest.mark.parametrize(("n", "share"), SIZES)
def test_pivots_are_numpys_determinant_and_schur_complement(n, share) -> None:
    for seed in range(3):
        rng = np.random.default_rng([n, seed])
        program, room, matrices, _ = eliminated(random_branches(n, share, rng), n, seed)
        port = lanes_of(room.matrix, program.diagonal[-1])
        inverse = np.linalg.inv(matrices)
        assert port == pytest.approx(1 / inverse[:, -1, -1], rel=1e-12)
        n_sparse = len(program.entry) - 1
        log = np.log(np.abs(port))
        for k in range(n - 1):
            kept = np.log(np.abs(lanes_of(room.matrix, program.diagonal[k])))
            log -= kept if k < n_sparse else 2 * kept  # 1 / pivot, or 1 / sqrt(pivot)
        assert log == pytest.approx(np.linalg.slogdet(matrices)[1], abs=1e-11)


def test_both_ways_of_elimination_are_met() -> None:
    """Otherwise the sizes above don't try the sparse columns, or the padding of the dense ones."""
    met = set()
    for n, share in SIZES:
        for seed in range(3):
            rng = np.random.default_rng([n, seed])
            _, program = program_of(random_branches(n, share, rng), n)
            n_sparse = len(program.entry) - 1
            met |= {(n_sparse > 0, program.padding)}
            assert (n - n_sparse + program.padding) % TILE == 0
    assert {padding for _, padding in met} == {0, 1, 2}
    assert {sparse for sparse, _ in met} == {False, True}


@pytest.mark.parametrize(("n", "share"), SIZES[1:])
def test_substitution_solves_for_the_unknowns(n, share) -> None:
    rng = np.random.default_rng(n)
    program, room, matrices, _ = eliminated(random_branches(n, share, rng), n, n)
    right = rng.standard_normal((n, LANES)) + 1j * rng.standard_normal((n, LANES))
    last = rng.standard_normal(LANES) + 1j * rng.standard_normal(LANES)
    for k in range(n):
        set_lanes(room.voltage, k, right[k])
    substitute_forward(program, room.matrix, room.voltage)
    set_lanes(room.voltage, n - 1, last)
    substitute_back(program, room.matrix, room.voltage)
    for w in range(LANES):
        given = right[:-1, w] - matrices[w, :-1, -1] * last[w]
        expected = np.append(np.linalg.solve(matrices[w, :-1, :-1], given), last[w])
        mine = [lanes_of(room.voltage, k)[w] for k in range(n)]
        assert mine == pytest.approx(expected, rel=1e-11)


def test_growth_is_weight_over_the_smallest_pivot() -> None:
    for n, share in SIZES:
        rng = np.random.default_rng(n)
        branches = random_branches(n, share, rng)
        _, room, matrices, row = eliminated(branches, n, n)
        weights = np.zeros((n, LANES))
        for b, (i, j) in enumerate(branches):
            y = lanes_of(room.admittance, b)
            for end in (i, j):
                if end >= 0:
                    weights[row[end]] += np.abs(y.real) + np.abs(y.imag)
        expected = np.zeros(LANES)
        for k in range(n):
            below = matrices[:, :k, :k]
            schur = matrices[:, k, k] - np.einsum(
                "wi,wi->w",
                matrices[:, k, :k],
                np.linalg.solve(below, matrices[:, :k, k][..., None])[..., 0],
            )
            expected = np.maximum(expected, weights[k] / np.abs(schur))
        assert np.sqrt(room.growth[:LANES]) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("n", "share"), SIZES)
def test_order_is_a_permutation_with_the_port_last(n, share) -> None:
    rng = np.random.default_rng(n)
    branches = random_branches(n, share, rng)
    row, program = program_of(branches, n)
    assert sorted(row) == list(range(n))
    assert row[-1] == n - 1
    assert len(program.diagonal) == n
    assert max(program.diagonal) < n_places(program)
    assert program.target.max(initial=0) < n_places(program)


def test_a_band_and_a_tree_fill_little() -> None:
    """A tree has an order without any fill; a chain's columns hold one entry each."""
    n = 60
    rng = np.random.default_rng(0)
    _, program = program_of([(k, int(rng.integers(-1, k))) for k in range(n)], n)
    assert np.diff(program.entry).max() <= 2  # its father, and the port where it comes last
    scattered = [
        (int(i), int(j)) for i, j in zip(rng.permutation(n), range(-1, n - 1), strict=True)
    ]
    scattered = [(i, j) if i != j else (i, -1) for i, j in scattered]
    _, program = program_of(scattered, n)
    assert len(program.row) < 4 * n
