"""Ways to a spectrum: this engine's, ngspice's, and those of linear algebra at large."""

from __future__ import annotations

import time
from collections.abc import Callable

import linear_pyspice
import numpy as np
from linear_klu import Refactored, klu
from linear_networks import PORT
from linear_timing import Answer, Way, timed
from numpy.typing import NDArray

from physlearn_spice import Ac, Deck, Network, Source
from physlearn_spice.linear import admittance, drive, driving_point, fitted, modal_admittance
from physlearn_spice.linear.structure import Structure, _structure, structure
from physlearn_spice.linear.values import branch_values, element_values
from physlearn_spice.measures import admittance as measured
from physlearn_spice.netlist import analysis_command
from physlearn_spice.ngspice import Session, simulate_batch
from physlearn_spice.ngspice.shared import shared_library
from physlearn_spice.results import Spectrum

_ROOM = 1 << 24  # numbers of all matrices that are solved at once


def _timed(function: Callable[[], NDArray[np.complex128]], before: float = 0.0) -> Answer:
    return Answer(*timed(function, before))


def _structured(network: Network) -> tuple[Structure, float]:
    """The structure, found anew, and its seconds."""
    _structure.cache_clear()
    begin = time.perf_counter()
    found = structure(network)
    return found, time.perf_counter() - begin


def ours(network: Network, sweep: Ac) -> Answer:
    """``admittance``; the structure is found before."""
    _, before = _structured(network)
    return _timed(lambda: admittance(network, sweep.frequencies), before)


def with_bounds(network: Network, sweep: Ac) -> Answer:
    """``drive``: admittance, absorbed power, and error bounds of both."""
    _, before = _structured(network)
    return _timed(lambda: drive(network, sweep.frequencies).admittance, before)


def by_fit(network: Network, sweep: Ac) -> Answer:
    """``fitted``, from few samples of ``admittance``."""
    _, before = _structured(network)
    grid = sweep.frequencies
    return _timed(lambda: fitted(driving_point(network), grid)[0], before)


def by_modes(network: Network, sweep: Ac) -> Answer:
    """``modal_admittance``, and its value at each frequency."""
    return _timed(lambda: modal_admittance(network)(sweep.frequencies))


# --- ngspice -------------------------------------------------------------------------------------


def _deck(network: Network, sweep: Ac, save: tuple[str, ...]) -> Deck:
    return Deck(network, (sweep,), {PORT: Source(ac=1.0)}, save=save)


def _at_port(network: Network) -> tuple[str, ...]:
    return (f"v({network.port().plus})", f"i(v{PORT})")


def in_process(network: Network, sweep: Ac) -> Answer:
    """The library alone: the time of the ``ac`` command, with the port's two vectors kept."""
    begin = time.perf_counter()
    Session().load(_deck(network, sweep, _at_port(network)))
    before = time.perf_counter() - begin
    library, command = shared_library(), analysis_command(sweep)
    _, spent, _ = timed(
        lambda: library.command(command), between=lambda: library.command("destroy all")
    )
    vectors = library.vectors(library.plot, library.names(library.plot))
    library.command("destroy all")
    library.take_log()
    voltage = vectors[f"v({network.port().plus})"]
    return Answer(-vectors[f"i(v{PORT})"] / voltage, spent, before)


def by_session(network: Network, sweep: Ac) -> Answer:
    """``Session.run``, as a user has it: all vectors, read and checked."""
    session = Session()
    begin = time.perf_counter()
    session.load(_deck(network, sweep, ("all",)))
    before = time.perf_counter() - begin

    def run() -> NDArray[np.complex128]:
        spectrum = session.run(sweep)
        assert isinstance(spectrum, Spectrum)
        return measured(network, spectrum)

    return _timed(run, before)


def in_batch(network: Network, sweep: Ac) -> Answer:
    """``ngspice -b``, its start, the deck, and the raw file included."""
    deck = _deck(network, sweep, ("all",))

    def run() -> NDArray[np.complex128]:
        (spectrum,) = simulate_batch(deck)
        assert isinstance(spectrum, Spectrum)
        return measured(network, spectrum)

    return _timed(run)


# --- linear algebra, on our reduced nodal equations ----------------------------------------------


def _equations(network: Network) -> tuple[Structure, NDArray[np.float64]]:
    """The reduced circuit, and R, L and S = 1/C of its branches (n_branches, 3)."""
    found = structure(network)
    return found, branch_values(network, found, element_values(network)[None])[0]


def _admittances(
    branches: NDArray[np.float64], omega: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Of the branches (n_freq, n_branches)."""
    r, ind, s = branches.T
    w = omega[:, None]
    return 1 / (r + 1j * (w * ind - s / w))


def by_klu(network: Network, sweep: Ac) -> Answer:
    """KLU: ordered once, pivots chosen once, and then refactored and solved."""
    found, branches = _equations(network)
    program = found.program
    omega = 2 * np.pi * sweep.frequencies
    begin = time.perf_counter()
    solver = Refactored(program.first, program.second, len(program.diagonal))
    solver(branches, omega[:1])
    before = time.perf_counter() - begin
    return _timed(lambda: solver(branches, omega), before)


def by_superlu(network: Network, sweep: Ac) -> Answer:
    """``scipy.sparse.linalg.splu`` for each frequency, ordered for symmetric patterns."""
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    found, branches = _equations(network)
    first, second = found.program.first, found.program.second
    n, joined = len(found.program.diagonal), second >= 0
    i, j = first[joined], second[joined]
    rows, columns = np.r_[first, j, i, j], np.r_[first, j, j, i]
    port = np.zeros(n, complex)
    port[-1] = 1.0

    def run() -> NDArray[np.complex128]:
        out = np.empty(len(sweep.frequencies), complex)
        for k, w in enumerate(2 * np.pi * sweep.frequencies):
            y = _admittances(branches, np.array([w]))[0]
            entries = np.concatenate([y, y[joined], -y[joined], -y[joined]])
            matrix = csc_array((entries, (rows, columns)), shape=(n, n))
            factors = splu(
                matrix,
                permc_spec="MMD_AT_PLUS_A",
                diag_pivot_thresh=0.001,
                options={"SymmetricMode": True},
            )
            out[k] = 1 / factors.solve(port)[-1]
        return out

    return _timed(run)


def by_lapack(network: Network, sweep: Ac) -> Answer:
    """``numpy.linalg.solve`` of stacks of dense matrices."""
    found, branches = _equations(network)
    first, second = found.program.first, found.program.second
    n, joined = len(found.program.diagonal), second >= 0
    i, j = first[joined], second[joined]
    places = np.concatenate([first * n + first, j * n + j, i * n + j, j * n + i])
    port = np.zeros((n, 1), complex)
    port[-1] = 1.0
    step = max(1, _ROOM // n**2 // 8)

    def run() -> NDArray[np.complex128]:
        out: list[NDArray[np.complex128]] = []
        omega = 2 * np.pi * sweep.frequencies
        for k in range(0, len(omega), step):
            y = _admittances(branches, omega[k : k + step])
            entries = np.concatenate([y, y[:, joined], -y[:, joined], -y[:, joined]], axis=1)
            matrix = np.zeros((len(y), n * n), complex)
            for row, of in zip(matrix, entries, strict=True):
                row.real = np.bincount(places, of.real, n * n)
                row.imag = np.bincount(places, of.imag, n * n)
            out.append(1 / np.linalg.solve(matrix.reshape(-1, n, n), port)[:, -1, 0])
        return np.concatenate(out)

    return _timed(run)


def by_scikit_rf(network: Network, sweep: Ac) -> Answer:
    """``skrf.circuit.Circuit`` of series impedances, a junction for each node."""
    from skrf.circuit import Circuit
    from skrf.frequency import Frequency

    band = Frequency.from_f(sweep.frequencies, unit="hz")
    s = 2j * np.pi * sweep.frequencies

    def run() -> NDArray[np.complex128]:
        at: dict[str, list[tuple[object, int]]] = {node: [] for node in network.nodes}
        for e in network.elements:
            z = {"r": e.value + 0 * s, "l": s * e.value, "c": 1 / (s * e.value)}[e.letter]
            part = Circuit.SeriesImpedance(band, z, e.name, z0=50)
            at[e.a].append((part, 0))
            at[e.b].append((part, 1))
        at[network.port().plus].append((Circuit.Port(band, "port", z0=50), 0))
        at["0"].append((Circuit.Ground(band, "ground", z0=50), 0))
        s11 = Circuit(list(at.values())).network.s[:, 0, 0]
        return (1 - s11) / (1 + s11) / 50

    return _timed(run)


WAYS: dict[str, Way] = {
    "ngspice, in process": in_process,
    "linear.admittance": ours,
    "linear.drive": with_bounds,
    "modal_admittance": by_modes,
    "fitted(admittance)": by_fit,
    "Session.run": by_session,
    "ngspice -b": in_batch,
    "PySpice, noopac": linear_pyspice.spectrum,
    "KLU, refactored": by_klu,
    "scipy splu": by_superlu,
    "numpy solve, dense": by_lapack,
    "scikit-rf Circuit": by_scikit_rf,
}


def missing() -> dict[str, str]:
    """Why a way is left out on this machine."""
    return {} if klu() else {"KLU, refactored": "no libklu: pip install kvxopt"}
