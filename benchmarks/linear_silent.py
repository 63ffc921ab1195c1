"""How often ngspice's spectra are silently wrong, as it is by default and with ``noopac``."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context

import mpmath
import numpy as np
from linear_networks import PORT, low_loss_lattice, random_network, series_network
from numpy.typing import NDArray

from physlearn_spice import Ac, Deck, Network, Resistor, Source
from physlearn_spice.linear import drive
from physlearn_spice.linear.structure import structure
from physlearn_spice.linear.values import branch_values, element_values
from physlearn_spice.netlist import analysis_command, to_spice
from physlearn_spice.ngspice.shared import shared_library

_SWEEP = Ac(1e3, 1e6, 33)
_DIGITS = 60


def nearly_lossless(seed: int) -> Network:
    """Series RLC on a random graph of 30 nodes, with resistors of 10 mOhm."""
    network = series_network(30, seed)
    names = network.names(Resistor)
    return network.with_values(names, np.full(len(names), 1e-2))


FAMILIES: dict[str, Callable[[int], Network]] = {
    "random, 30 nodes": lambda seed: random_network(30, seed),
    "random, 100 nodes": lambda seed: random_network(100, seed),
    "random, 300 nodes": lambda seed: random_network(300, seed),
    "10 x 10 lattice, 2 % resistors": low_loss_lattice,
    "series RLC with 10 mOhm, 30 nodes": nearly_lossless,
}


def _by_ngspice(
    network: Network, with_operating_point: bool
) -> tuple[NDArray[np.complex128] | None, bool]:
    """Admittance [S] (n_freq,), or None where ngspice gave none; and whether it warned."""
    port = network.port()
    save = (f"v({port.plus})", f"i(v{PORT})")
    text = to_spice(Deck(network, (_SWEEP,), {PORT: Source(ac=1.0)}, save=save))
    if with_operating_point:
        text = text.replace("\n.options noopac\n", "\n")
    library = shared_library()
    library.take_log()
    library.command("remcirc")
    library.take_log()
    library.load(text)
    library.command(analysis_command(_SWEEP))
    log = library.take_log()
    if any("error" in line.lower() or "aborted" in line for line in log):
        return None, True
    vectors = library.vectors(library.plot, library.names(library.plot))
    library.command("destroy all")
    if len(vectors.get("frequency", ())) != len(_SWEEP.frequencies):
        return None, True
    warned = any("singular matrix" in line for line in log)
    return -vectors[f"i(v{PORT})"] / vectors[f"v({port.plus})"], warned


def exactly(network: Network, frequency: float) -> complex:
    """Admittance [S] by Gaussian elimination of the reduced circuit with 60 digits."""
    found = structure(network)
    program, n = found.program, len(found.program.diagonal)
    branches = branch_values(network, found, element_values(network)[None])[0]
    with mpmath.workdps(_DIGITS):
        w = 2 * mpmath.pi * mpmath.mpf(frequency)
        rows: list[dict[int, mpmath.mpc]] = [{} for _ in range(n)]

        def add(i: int, j: int, y: mpmath.mpc) -> None:
            if i >= 0 and j >= 0:
                rows[i][j] = rows[i].get(j, mpmath.mpc(0)) + y

        for i, j, (r, ind, s) in zip(program.first, program.second, branches, strict=True):
            y = 1 / mpmath.mpc(float(r), w * float(ind) - float(s) / w)
            for a, b, sign in ((i, i, 1), (j, j, 1), (i, j, -1), (j, i, -1)):
                add(int(a), int(b), sign * y)
        for k in range(n - 1):
            pivot = rows[k][k]
            below = [(j, y) for j, y in rows[k].items() if j > k]
            for i, y in below:
                for j, other in below:
                    add(i, j, -y * other / pivot)
        return complex(rows[-1][n - 1])


def _family(name: str, n_networks: int) -> dict[str, float]:
    """Errors of both ways of ngspice, and of ours against 60 digits at the worst frequency."""
    default: list[float] = []
    careful: list[float] = []
    bounds: list[float] = []
    checked: list[float] = []
    refused = warned = crashed = 0
    ngspice = _Ngspice()
    for seed in range(n_networks):
        network = FAMILIES[name](seed)
        ours = drive(network, _SWEEP.frequencies)
        bounds.append(float(ours.admittance_error.max()))
        worst = 0
        for operating, errors in ((True, default), (False, careful)):
            answer = ngspice(network, operating)
            crashed += operating and answer is None
            theirs, has_warned = answer or (None, False)
            warned += operating and has_warned
            if theirs is None:
                refused += operating
                continue
            gap = np.abs(theirs / ours.admittance - 1)
            errors.append(float(gap.max()))
            worst = int(gap.argmax()) if operating else worst
        if seed < 3:
            truth = exactly(network, float(ours.frequency[worst]))
            checked.append(abs(complex(ours.admittance[worst]) / truth - 1))
    wrong = np.array(default)
    return {
        "networks": n_networks,
        "crashed": crashed,
        "refused": refused - crashed,
        "warned": warned,
        "beyond_1e-6": int((wrong > 1e-6).sum()),
        "beyond_1e-2": int((wrong > 1e-2).sum()),
        "median": float(np.median(wrong)) if default else float("nan"),
        "worst": float(wrong.max(initial=0.0)),
        "worst_noopac": max(careful, default=float("nan")),
        "our_bound": max(bounds),
        "our_error": max(checked),
    }


class _Ngspice:
    """ngspice in a process of its own, and in a new one where it did not survive."""

    def __init__(self) -> None:
        self._begin()

    def _begin(self) -> None:
        self._elsewhere = ProcessPoolExecutor(1, mp_context=get_context("spawn"))

    def __call__(
        self, network: Network, with_operating_point: bool
    ) -> tuple[NDArray[np.complex128] | None, bool] | None:
        """As :func:`_by_ngspice`; None where it crashed."""
        try:
            return self._elsewhere.submit(_by_ngspice, network, with_operating_point).result()
        except BrokenProcessPool:
            self._begin()
            return None


def measure(n_networks: int) -> dict[str, dict[str, float]]:
    """Errors by family."""
    return {name: _family(name, n_networks) for name in FAMILIES}
