"""Transients of the linear engine against ngspice's, at the same step: ratios of best times.

A random tree and random edges, twice as many as nodes, one R, L or C on each; 100 periods of 100
steps. Take the ratios from a machine that does nothing else.

    python benchmarks/linear_transient.py [nodes ...]
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from physlearn_spice.elements import Capacitor, Element, Inductor, Resistor
from physlearn_spice.linear import port_transients, transient
from physlearn_spice.measures import ledger
from physlearn_spice.netlist import Deck, Source, Tran
from physlearn_spice.network import GROUND, Network, Port
from physlearn_spice.ngspice import Session
from physlearn_spice.stimulus import Tone

FREQUENCY = 1e5
PERIODS, POINTS = 100, 100
RANGES = {Resistor: (1, 3), Inductor: (-4, -2), Capacitor: (-9, -7)}  # of log10 of the values


def network_of(n: int) -> Network:
    rng = np.random.default_rng(0)
    nodes = [GROUND, *(f"n{k}" for k in range(1, n))]
    pairs = [(nodes[k], nodes[rng.integers(k)]) for k in range(1, n)]
    while len(pairs) < 2 * n:
        a, b = rng.choice(n, 2, replace=False).tolist()
        pairs.append((nodes[a], nodes[b]))
    elements: list[Element] = []
    for k, (a, b) in enumerate(pairs):
        kind = list(RANGES)[rng.integers(3)]
        value = float(10 ** rng.uniform(*RANGES[kind]))
        elements.append(kind(f"{kind.letter}{k}", a, b, value))
    return Network(tuple(elements), (Port("1", nodes[-1], resistance=50.0),))


def best(run: Callable[[], Any], times: int) -> float:
    seconds: list[float] = []
    for _ in range(times):
        begin = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def main() -> None:
    stop, step = PERIODS / FREQUENCY, 1 / FREQUENCY / POINTS
    tone = Tone(1.0, FREQUENCY)
    print("nodes   ngspice over one run   over its ports alone   over each of 8   ledger")
    for n in [int(word) for word in sys.argv[1:]] or [30, 100, 300]:
        network = network_of(n)
        values = {
            name: network.values([name]) * np.linspace(1, 1.1, 8)
            for name in (e.name for e in network.elements)
        }
        args = (network, {"1": tone})
        waves = transient(*args, stop=stop, step=step)
        one = best(lambda args=args: transient(*args, stop=stop, step=step), 8)
        ports = best(lambda args=args: port_transients(*args, stop=stop, step=step), 8)
        eight = best(
            lambda args=args, v=values: port_transients(*args, values=v, stop=stop, step=step), 4
        )
        session = Session()
        (analysis,) = session.load(Deck(network, (Tran(stop, step),), {"1": Source(waveform=tone)}))
        its = best(lambda s=session, a=analysis: s.run(a), 3 if n <= 100 else 1)
        print(
            f"{n:5} {its / one:14.0f} {its / ports:22.0f} {its / eight * 8:20.0f}"
            f"        {abs(ledger(network, waves).residual):.0e}"
        )


if __name__ == "__main__":
    main()
