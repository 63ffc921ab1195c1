"""Networks of R, L and C from a seed: every generator, edge kind and magnitude, and resonances."""

from __future__ import annotations

from collections.abc import Callable

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from physlearn_spice import (
    Capacitor,
    EdgeModel,
    Fixed,
    Inductor,
    LogUniform,
    Network,
    complete,
    from_graph,
    gnm,
    random_regular,
    square_lattice,
)
from tests.random_networks import random_network

__all__ = ["EDGES", "beside_resonances", "case"]

_WIDE = (LogUniform(1e-3, 1e6), LogUniform(1e-8, 10.0), LogUniform(1e-13, 1e-4))
_USUAL = (LogUniform(1e-4, 1e-2), LogUniform(1e-9, 1e-7))
EDGES = {
    "series": EdgeModel(),
    "series, Q of 1e6": EdgeModel(resistance=LogUniform(1e-4, 1e-2)),
    "series, nine decades": EdgeModel("series-rlc", *_WIDE),
    "one of": EdgeModel("one-of"),
    "one of, nine decades": EdgeModel("one-of", *_WIDE),
    "hardly any loss": EdgeModel(
        "one-of", Fixed(1e3), *_USUAL, (0.02, 0.54, 0.44), inductor_esr=Fixed(1e-4)
    ),
    "tiny resistors": EdgeModel("one-of", LogUniform(1e-9, 1e-6), *_USUAL),
}
_GRAPHS: tuple[Callable[[EdgeModel, np.random.Generator], Network], ...] = (
    lambda edge, rng: complete(int(rng.integers(3, 7)), edge=edge, rng=rng),
    lambda edge, rng: gnm(9, 13, edge=edge, rng=rng),
    lambda edge, rng: random_regular(3, 8, edge=edge, rng=rng),
    lambda edge, rng: square_lattice(3, 3, edge=edge, rng=rng, source_resistance=0.0),
    lambda edge, rng: from_graph(
        nx.random_labeled_tree(8, seed=int(rng.integers(2**31))), edge=edge, rng=rng
    ),
    lambda edge, rng: from_graph(nx.ladder_graph(5), edge=edge, rng=rng),
)


def case(seed: int) -> tuple[Network, NDArray[np.float64]]:
    """A network, and four frequencies [Hz]; each eighth from the free random networks."""
    rng = np.random.default_rng(seed)
    kinds = list(EDGES.values())
    if seed % 8 == len(kinds):
        return random_network(rng, linear=True), 10 ** rng.uniform(-3, 8, 4)
    network = _GRAPHS[seed // 8 % len(_GRAPHS)](kinds[seed % 8], rng)
    return network, np.append(10 ** rng.uniform(3, 6, 2), beside_resonances(network, rng, 2))


def beside_resonances(
    network: Network, rng: np.random.Generator, n: int, offset: float = 1e-4
) -> NDArray[np.float64]:
    """Frequencies [Hz] at which a coil and a capacitor nearly cancel, or any where there are none.

    Off by a share ``offset``, rounding costs 1 / ``offset`` of the digits.
    """
    henry, farad = (network.values(network.names(kind)) for kind in (Inductor, Capacitor))
    if not (len(henry) and len(farad)):
        return 10 ** rng.uniform(3, 6, n)
    product = rng.choice(henry, n) * rng.choice(farad, n)
    return (1 + offset * rng.standard_normal(n)) / (2 * np.pi * np.sqrt(product))
