"""Laws of whole networks: reactance, counts of resonances, duality, two-point impedance, sums."""

from __future__ import annotations

import itertools
import math

import networkx as nx
import numpy as np
import pytest
import scipy.linalg

from physlearn_spice.elements import Capacitor, Element, Inductor, Resistor
from physlearn_spice.generators import EdgeModel, Fixed, LogUniform, complete, from_graph, gnm
from physlearn_spice.measures import admittance, reflection
from physlearn_spice.netlist import Ac, Deck, Source
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import simulate
from physlearn_spice.resonances import resonances
from physlearn_spice.results import Spectrum
from tests.reference import element_admittance

NEARLY_LOSSLESS = EdgeModel(resistance=Fixed(0.1))  # Q about 3,000


def spectrum_of(network: Network, sweep: Ac) -> Spectrum:
    (result,) = simulate(Deck(network, (sweep,), {"1": Source(ac=1.0)}))
    assert isinstance(result, Spectrum)
    return result


# --- Foster --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_foster_reactance_rises_between_its_poles(seed) -> None:
    """dX/domega > 0 for a lossless one-port; poles and zeros alternate; residues are real, > 0."""
    network = complete(4, edge=NEARLY_LOSSLESS, rng=np.random.default_rng(seed))
    result = spectrum_of(network, Ac(5e3, 5e5, 200, "dec"))
    f, y = result.frequency, admittance(network, result)
    poles = resonances(f, 1 / y)
    zeros = resonances(f, y)
    pole_at, zero_at = (np.array([r.f0 for r in found]) for found in (poles, zeros))
    assert len(poles) >= 3
    order = sorted([(x, "pole") for x in pole_at] + [(x, "zero") for x in zero_at])
    assert all(one[1] != two[1] for one, two in itertools.pairwise(order))
    reactance = (1 / y).imag
    no_pole_between = np.searchsorted(pole_at, f[1:]) == np.searchsorted(pole_at, f[:-1])
    assert no_pole_between.sum() == len(f) - 1 - len(poles)
    assert np.all(np.diff(reactance)[no_pole_between] > 0)
    for r in poles:
        assert r.residue.real > 0
        # a zero 3 Hz away with a bandwidth that differs by 0.06 Hz turns it by 2 %
        assert abs(r.residue.imag) < 0.05 * r.residue.real


# --- how many ------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", [4, 6, 8])
def test_series_lc_on_every_edge_gives_a_resonance_per_loop(n) -> None:
    """K_n: (n-1)(n-2)/2 poles of Z, the port open; one more of Y, as the source closes a loop."""
    edge = EdgeModel(resistance=Fixed(1.0))  # Q about 300
    network = complete(n, edge=edge, rng=np.random.default_rng(n))
    result = spectrum_of(network, Ac(5e3, 5e5, 500, "dec"))
    y = admittance(network, result)
    assert network.loops == (n - 1) * (n - 2) // 2
    assert len(resonances(result.frequency, 1 / y)) == (n - 1) * (n - 2) // 2
    assert len(resonances(result.frequency, y)) == (n - 1) * (n - 2) // 2 + 1


@pytest.mark.parametrize("n", [6, 8, 10])
def test_single_l_or_c_on_every_edge_gives_no_more_than_a_resonance_per_node(n) -> None:
    """At most n - 1: loops alone do not count, each needs an L and a C of its own."""
    edge = EdgeModel("one-of", probabilities=(0.0, 0.5, 0.5), inductor_esr=Fixed(1.0))
    network = complete(n, edge=edge, rng=np.random.default_rng(n))
    result = spectrum_of(network, Ac(1e3, 2e6, 200, "dec"))
    y = admittance(network, result)
    for response in (y, 1 / y):
        assert 1 <= len(resonances(result.frequency, response)) <= n - 1


# --- duality -------------------------------------------------------------------------------------

OHM, F_UNIT = 1e3, 10e3
FARAD = 1 / (2 * math.pi * F_UNIT * OHM)  # omega R C = 1
DYKHNE = np.exp(0.25j * math.pi)  # sqrt(y1 y2) in units of 1 / R: 0.7071 + 0.7071 j


def busbar_lattice(n: int) -> nx.MultiGraph:
    """N rows of n bonds between two electrodes, n - 1 columns of n - 1: a self-dual lattice."""
    grid = nx.MultiGraph(nx.grid_2d_graph(n, n + 1))
    electrode = {(i, j): {0: "left", n: "right"}.get(j, (i, j)) for i, j in grid}
    merged = nx.relabel_nodes(grid, electrode)
    merged.remove_edges_from(list(nx.selfloop_edges(merged, keys=True)))
    return merged


def normalised_admittance(network: Network) -> complex:
    result = spectrum_of(network, Ac(F_UNIT, F_UNIT, 1, "lin"))
    return complex(admittance(network, result)[0] * OHM)


def test_dual_lattice_has_the_dual_admittance() -> None:
    """Y Y' = y1 y2 where each bond of the dual crosses a bond and R stands for C, C for R."""
    n, rng = 9, np.random.default_rng(0)
    across = rng.random((n, n)) < 0.5  # bond j of row i is a resistor
    down = rng.random((n - 1, n + 1)) < 0.5  # between rows i and i + 1 in column j = 1 .. n - 1

    def lattice(is_resistor_across: np.ndarray, is_resistor_down: np.ndarray) -> Network:
        def node(i: int, j: int) -> str:
            return {0: "left", n: "0"}.get(j, f"n{i}x{j}")

        def bond(name: str, a: str, b: str, is_resistor: bool) -> Element:
            if is_resistor:
                return Resistor(f"r{name}", a, b, OHM)
            return Capacitor(f"c{name}", a, b, FARAD)

        rows = [
            bond(f"h{i}x{j}", node(i, j), node(i, j + 1), bool(is_resistor_across[i, j]))
            for i in range(n)
            for j in range(n)
        ]
        columns = [
            bond(f"v{i}x{j}", node(i, j), node(i + 1, j), bool(is_resistor_down[i, j]))
            for i in range(n - 1)
            for j in range(1, n)
        ]
        return Network((*rows, *columns), (Port("1", "left", resistance=50.0),))

    dual_down = np.zeros_like(down)
    for i in range(n - 1):  # the bond between faces (i, j-1) and (i, j), across column j
        for j in range(1, n):
            dual_down[j - 1, i + 1] = not down[i, j]
    y = normalised_admittance(lattice(across, down))
    dual = normalised_admittance(lattice(~across.T, dual_down))
    assert abs(y / DYKHNE - 1) > 0.01  # not trivially so
    assert y * dual == pytest.approx(1j, rel=1e-10)


def test_half_and_half_mixture_is_dykhnes_square_root() -> None:
    """ln(Y / sqrt(y1 y2)) is as likely as its negative on a self-dual lattice of any size."""
    edge = EdgeModel(
        "one-of",
        resistance=Fixed(OHM),
        capacitance=Fixed(FARAD),
        probabilities=(0.5, 0.0, 0.5),
    )
    graph = busbar_lattice(12)
    assert graph.number_of_edges() == 12 * 12 + 11 * 11
    logs = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        network = from_graph(graph, edge=edge, rng=rng, port=("left", "right"))
        logs.append(np.log(normalised_admittance(network)))
    deviation = np.array(logs) - np.log(DYKHNE)
    for part in (deviation.real, deviation.imag):
        error = part.std(ddof=1) / math.sqrt(len(part))
        assert abs(part.mean()) < 4 * error  # false alarm for one seeded draw: 6e-5
        assert error < 0.02  # so the bound says something
    assert np.exp(np.mean(logs)) == pytest.approx(0.7071 + 0.7071j, abs=0.05)


# --- two-point impedance -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_two_point_impedance_from_the_complex_symmetric_laplacian(seed) -> None:
    """Z_pq = sum_a (u_ap - u_aq)^2 / lambda_a with L u_a = lambda_a u_a* (Tzeng and Wu, 2006)."""
    network = gnm(9, 18, edge=EdgeModel("one-of"), rng=np.random.default_rng(seed))
    result = spectrum_of(network, Ac(4e4, 4e4, 1, "lin"))
    omega = 2 * np.longdouble(np.pi) * result.frequency.astype(np.longdouble)
    branch = np.diag([complex(element_admittance(e, omega)[0]) for e in network.elements])
    laplacian = network.incidence @ branch @ network.incidence.T
    # Takagi: with L = V S W^H, V^H W* is a diagonal of phases, and u* = V sqrt(phase)
    v, size, wh = scipy.linalg.svd(laplacian)
    u = (v * np.sqrt(np.diag(v.conj().T @ wh.T))).conj()
    p, q = network.nodes.index("n0"), network.nodes.index("0")
    other = size > 1e-12 * size[0]  # but for the one that is the same at every node
    assert other.sum() == len(network.nodes) - 1
    np.testing.assert_allclose(laplacian @ u, u.conj() * size, rtol=0, atol=1e-12 * size[0])
    impedance = np.sum((u[p] - u[q])[other] ** 2 / size[other])
    np.testing.assert_allclose(impedance, 1 / admittance(network, result)[0], rtol=1e-9)


# --- sum rules -----------------------------------------------------------------------------------


def test_conductance_behind_an_inductor_has_a_fixed_integral() -> None:
    """Integral of Re Y domega = pi / (2 L), with a shunt C after the L, whatever stands behind."""
    front, shunt = 2e-3, 3e-9
    fixed = (
        Inductor("lf", "in", "n0", front),
        Capacitor("cf", "n0", "0", shunt),
        Resistor("rf", "n0", "0", 2e3),  # keeps the pole at DC off the axis
    )
    integrals, maxima = [], []
    for seed, r in enumerate((5.0, 20.0, 60.0)):
        behind = complete(4, edge=EdgeModel(resistance=Fixed(r)), rng=np.random.default_rng(seed))
        network = Network((*fixed, *behind.elements), (Port("1", "in", resistance=50.0),))
        result = spectrum_of(network, Ac(10.0, 1e8, 400, "dec"))
        y, omega = admittance(network, result), 2 * np.pi * result.frequency
        # below 10 Hz Re Y is its DC value; above 100 MHz it falls with omega^-4 or faster
        integrals.append(np.trapezoid(y.real, omega) + omega[0] * y[0].real)
        maxima.append(y.real.max())
    # trapezoids of a smooth curve that is flat at both ends; 200 a decade agree to 3e-5 with 400
    np.testing.assert_allclose(integrals, math.pi / (2 * front), rtol=1e-4)
    assert max(maxima) > 1.3 * min(maxima)  # the curves differ, the areas do not


def test_bode_fano_bound() -> None:
    """Integral of ln(1/|S11|) domega <= pi / (Rs C) behind a shunt C; R = Rs alone reaches it."""
    rs, shunt = 300.0, 2e-9
    edge = EdgeModel(
        resistance=LogUniform(100, 1000),
        inductance=LogUniform(1e-5, 1e-3),
        capacitance=LogUniform(1e-8, 1e-6),
    )
    loads = [complete(4, edge=edge, rng=np.random.default_rng(k)).elements for k in range(4)]
    shares = []
    for elements in ((Resistor("r1", "n0", "0", rs),), *loads):
        parts = (Capacitor("cf", "n0", "0", shunt), *elements)
        network = Network(parts, (Port("1", "n0", resistance=rs),))
        result = spectrum_of(network, Ac(10.0, 1e9, 400, "dec"))
        omega = 2 * np.pi * result.frequency
        area = np.trapezoid(-np.log(np.abs(reflection(network, result))), omega)
        shares.append(area / (math.pi / (rs * shunt)))
    # the tail beyond 1 GHz is 2 / (omega Rs C)^2, of which 2e-4 of the bound is left
    assert shares[0] == pytest.approx(1.0, rel=1e-3)
    assert all(share < 1 for share in shares[1:])
    assert max(shares[1:]) > 0.9  # the bound is within reach of these loads
