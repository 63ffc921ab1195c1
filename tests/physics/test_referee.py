"""ngspice's AC against an independent dense nodal solution, and why our decks say noopac."""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.generators import (
    EdgeModel,
    Fixed,
    LogUniform,
    complete,
    gnm,
    random_regular,
    square_lattice,
)
from physlearn_spice.measures import absorbed_power, admittance
from physlearn_spice.netlist import Ac, Deck, Source, to_spice
from physlearn_spice.network import Network
from physlearn_spice.ngspice import simulate, simulate_batch
from physlearn_spice.rawfile import read_raw
from tests.reference import Solution

EDGES = {
    "series": EdgeModel(),
    "series, nearly lossless": EdgeModel(resistance=LogUniform(1e-2, 1e-1)),
    "one of R, L, C": EdgeModel("one-of"),
    "2 % resistors": EdgeModel("one-of", probabilities=(0.02, 0.49, 0.49)),
    "ESR only, nearly lossless": EdgeModel(
        "one-of",
        probabilities=(0.0, 0.5, 0.5),
        inductor_esr=Fixed(0.1),
        capacitor_esr=Fixed(0.03),
    ),
}
GRAPHS = {
    "complete": lambda **kwargs: complete(7, **kwargs),
    "G(n,m)": lambda **kwargs: gnm(24, 48, **kwargs),
    "regular": lambda **kwargs: random_regular(3, 20, **kwargs),
    "lattice": lambda **kwargs: square_lattice(5, 5, **kwargs),
}


@pytest.mark.parametrize("graph", GRAPHS)
@pytest.mark.parametrize("edge", EDGES)
def test_ac_agrees_with_a_dense_nodal_solution(graph, edge) -> None:
    """|Y| to 1e-8 and absorbed power to 1e-6.

    A node voltage is good to 2^-53 times the condition number, which is up to 1e7 on top of a
    resonance of Q = 1e4 between series resistors of 0.01 Ohm. Power from the resistors keeps
    these digits, Re Y would lose more.
    """
    seed = 100 * list(EDGES).index(edge) + list(GRAPHS).index(graph)
    network = GRAPHS[graph](edge=EDGES[edge], rng=np.random.default_rng(seed))
    deck = Deck(network, (Ac(5e3, 3e5, 60, "lin"),), {"1": Source(ac=1.0)})
    (spectrum,), (batch,) = simulate(deck), simulate_batch(deck)
    exact = Solution(network, spectrum.frequency)
    y = admittance(network, spectrum)
    np.testing.assert_allclose(np.abs(y), np.abs(exact.admittance), rtol=1e-8)
    # a draw of 40 edges with 2 % resistors may have none; then both powers are zero
    np.testing.assert_allclose(absorbed_power(network, spectrum), exact.power, rtol=1e-6)
    assert np.array_equal(spectrum.frequency, batch.frequency)
    for name, values in spectrum.vectors.items():
        assert np.array_equal(values, batch.vectors[name]), name


# --- the trap ------------------------------------------------------------------------------------

SWEEP = Ac(1e3, 1e6, 20, "dec")


def lossy_lattice(seed: int) -> Network:
    """100 nodes, an R, L or C on each edge, 2 % resistors; inductor loops at DC."""
    edge = EdgeModel(
        "one-of",
        resistance=Fixed(1e3),
        inductance=LogUniform(1e-4, 1e-2),
        capacitance=LogUniform(1e-9, 1e-7),
        probabilities=(0.02, 0.49, 0.49),
    )
    return square_lattice(10, 10, edge=edge, rng=np.random.default_rng(seed))


def admittance_by_plain_ngspice(text: str, folder: Path) -> np.ndarray:
    (folder / "deck.cir").write_text(text)
    command = ["ngspice", "-b", "-r", "out.raw", "deck.cir"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    assert "aborted" not in done.stdout + done.stderr
    (plot,) = read_raw(folder / "out.raw")
    assert len(plot.vectors["v(n0)"]) == len(SWEEP.frequencies)
    return -plot.vectors["i(v1)"] / plot.vectors["v(n0)"]


def test_without_noopac_low_loss_spectra_are_silently_wrong(tmp_path) -> None:
    """The failed operating point leaves a bad pivot order: exit code 0, all points, all finite.

    Of these 8 networks 2 come out wrong by a factor of 10, 6 by more than 1e-6; asked for here is
    half of that, since another build of ngspice may round differently.
    """
    with_trap, ours = [], []
    for seed in range(8):
        network = lossy_lattice(seed)
        text = to_spice(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}))
        assert "\n.options noopac\n" in text
        naive = text.replace("\n.options noopac\n", "\n")
        exact = np.abs(Solution(network, SWEEP.frequencies).admittance)
        for deck, errors in ((naive, with_trap), (text, ours)):
            y = np.abs(admittance_by_plain_ngspice(deck, tmp_path))
            errors.append(float(np.abs(y / exact - 1).max()))
    assert max(ours) < 1e-8
    assert max(with_trap) > 1
    assert sum(error > 1e-6 for error in with_trap) >= 3
