"""The networks that the linear engine and its rivals are measured on, each from a seed."""

from __future__ import annotations

import networkx as nx
import numpy as np

from physlearn_spice import Ac, Capacitor, Inductor, Network, Port, Resistor
from physlearn_spice.generators import EdgeModel, Fixed, LogUniform, square_lattice
from physlearn_spice.linear.program import Program

PORT = "1"
START, STOP = 1e3, 1e6
LONG, MIDDLE, SHORT = (Ac(START, STOP, per_decade) for per_decade in (333, 33, 3))
N_LONG = len(LONG.frequencies)  # 1,000; of the others 100 and 10


def _network(pairs: list[tuple[int, int]], n: int, rng: np.random.Generator) -> Network:
    """One of R, L and C on each pair, and 50 Ohm at the port between node n - 1 and ground."""
    elements: list[Resistor | Inductor | Capacitor] = []
    for k, pair in enumerate(pairs):
        a, b = (f"n{node}" if node else "0" for node in pair)
        match rng.integers(3):
            case 0:
                elements.append(Resistor(f"r{k}", a, b, float(10 ** rng.uniform(1, 3))))
            case 1:
                elements.append(Inductor(f"l{k}", a, b, float(10 ** rng.uniform(-4, -2))))
            case _:
                elements.append(Capacitor(f"c{k}", a, b, float(10 ** rng.uniform(-9, -7))))
    return Network(tuple(elements), (Port(PORT, f"n{n - 1}", resistance=50.0),))


def random_pairs(n: int, rng: np.random.Generator) -> list[tuple[int, int]]:
    """A random tree, and random edges up to 2 n: mean degree 4, and connected."""
    pairs = [(k, int(rng.integers(k))) for k in range(1, n)]
    while len(pairs) < 2 * n:
        a, b = rng.choice(n, 2, replace=False).tolist()
        pairs.append((a, b))
    return pairs


def random_network(n: int, seed: int = 0) -> Network:
    """n nodes, 2 n edges."""
    rng = np.random.default_rng(seed)
    return _network(random_pairs(n, rng), n, rng)


def complete_network(n: int, seed: int = 0) -> Network:
    """Every pair of n nodes joined."""
    return _network(list(nx.complete_graph(n).edges), n, np.random.default_rng(seed))


def lattice_network(side: int, seed: int = 0) -> Network:
    """A square lattice of side x side nodes, the port between two opposite corners."""
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(side, side))
    return _network(list(graph.edges), side * side, np.random.default_rng(seed))


def series_network(n: int, seed: int = 0) -> Network:
    """The random graph of n nodes with a resistor, an inductor and a capacitor on each edge."""
    rng = np.random.default_rng(seed)
    elements: list[Resistor | Inductor | Capacitor] = []
    for k, pair in enumerate(random_pairs(n, rng)):
        a, b = (f"n{node}" if node else "0" for node in pair)
        elements += [
            Resistor(f"r{k}", a, f"x{k}", 10.0),
            Inductor(f"l{k}", f"x{k}", f"y{k}", float(10 ** rng.uniform(-3.3, -2.7))),
            Capacitor(f"c{k}", f"y{k}", b, float(10 ** rng.uniform(-8.3, -7.7))),
        ]
    return Network(tuple(elements), (Port(PORT, f"n{n - 1}", resistance=50.0),))


def low_loss_lattice(seed: int) -> Network:
    """100 nodes of R, L and C, 2 % of them resistors: inductors close loops."""
    edge = EdgeModel(
        "one-of",
        resistance=Fixed(1e3),
        inductance=LogUniform(1e-4, 1e-2),
        capacitance=LogUniform(1e-9, 1e-7),
        probabilities=(0.02, 0.49, 0.49),
    )
    return square_lattice(10, 10, edge=edge, rng=np.random.default_rng(seed))


def operations(program: Program) -> int:
    """Real operations of one elimination: 8 for a complex multiply-add, 8 for a branch."""
    degree = program.entry[1:] - program.entry[:-1]
    m = len(program.diagonal) - len(degree)
    return int(8 * (degree * (degree + 1) / 2).sum() + 8 * m**3 / 6 + 8 * len(program.first))
