"""One AC spectrum per value set: this package's session against what users would write instead.

A ladder of ten RLC sections, 101 frequencies, every component changed before each run. Prints the
median time of a run for each way, and the ratio to this package's `alter` loop, from one run:

    OMP_NUM_THREADS=1 python benchmarks/ngspice_loop.py
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray

from physlearn_spice import Ac, Capacitor, Deck, Inductor, Network, Port, Resistor, Source
from physlearn_spice.ngspice import Session, simulate_batch
from physlearn_spice.ngspice.library import find_library

SECTIONS, RUNS, ROUNDS = 10, 50, 5
Way = Callable[[NDArray[np.float64]], complex]
SWEEP = Ac(1e3, 1e5, 101, "lin")


def ladder() -> Network:
    """Resistor and inductor in series, capacitor to ground, ten times."""
    elements: list[Resistor | Inductor | Capacitor] = []
    for k in range(SECTIONS):
        elements += [
            Resistor(f"r{k}", f"n{k}", f"m{k}", 10.0),
            Inductor(f"l{k}", f"m{k}", f"n{k + 1}", 1e-3),
            Capacitor(f"c{k}", f"n{k + 1}", "0", 1e-8),
        ]
    return Network(tuple(elements), (Port("1", "n0", "0", 50.0),))


def seconds(run: Way, draws: NDArray[np.float64]) -> float:
    """Time of a run over value sets, the first of them left out of the time."""
    run(draws[0])
    begin = time.perf_counter()
    answers = [run(values) for values in draws]
    assert np.isfinite(answers).all()
    return time.perf_counter() - begin


def main() -> None:
    """Time each way in turn, several rounds, and print medians and ratios."""
    network, rng = ladder(), np.random.default_rng(0)
    names = network.names(Resistor, Inductor, Capacitor)
    start = network.values(names)
    session = Session()
    deck = Deck(network, (SWEEP,), {"1": Source(ac=1.0)}, save=("v(n0)", f"v(n{SECTIONS})"))

    def altered(values: NDArray[np.float64]) -> complex:
        session.alter(names, values)
        return complex(session.run(SWEEP).voltage(f"n{SECTIONS}")[-1])

    def loaded(values: NDArray[np.float64]) -> complex:
        changed = Deck(network.with_values(names, values), deck.analyses, deck.sources)
        session.load(changed)
        return complex(session.run(SWEEP).voltage(f"n{SECTIONS}")[-1])

    def batch(values: NDArray[np.float64]) -> complex:
        changed = Deck(network.with_values(names, values), deck.analyses, deck.sources)
        return complex(simulate_batch(changed)[0].voltage(f"n{SECTIONS}")[-1])

    ways: dict[str, Way] = {
        "session, alter": altered,
        "session, load": loaded,
        "PySpice, documented": pyspice,
        "ngspice -b": batch,
    }
    times: dict[str, list[float]] = {way: [] for way in ways}
    os.environ["NGSPICE_LIBRARY_PATH"] = find_library()  # which PySpice does not find by itself
    # PySpice opens the library a second time, which one process does not survive
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
        for _ in range(ROUNDS):
            for way, run in ways.items():
                n = RUNS if way != "ngspice -b" else 10
                draws = start * np.exp(0.1 * rng.standard_normal((n, len(names))))
                if run is altered:
                    session.load(deck)
                if run is pyspice:
                    spent = elsewhere.submit(seconds, pyspice, draws).result()
                else:
                    spent = seconds(run, draws)
                times[way].append(spent / n)
    fastest = float(np.median(times["session, alter"]))
    print("way                    ms per run   ratio to alter")
    for way, each in times.items():
        median = float(np.median(each))
        print(f"{way:22s} {1e3 * median:10.3f} {median / fastest:7.1f}")


def pyspice(values: NDArray[np.float64]) -> complex:
    """The loop of PySpice's documentation: a circuit, its simulator, an AC analysis."""
    logging.getLogger("PySpice").setLevel(logging.CRITICAL)
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("ladder")
    circuit.SinusoidalVoltageSource("1", "s", circuit.gnd, amplitude=1)
    circuit.R("s", "s", "n0", 50)
    r, ind, c = values[:SECTIONS], values[SECTIONS : 2 * SECTIONS], values[2 * SECTIONS :]
    for k in range(SECTIONS):
        circuit.R(f"{k}", f"n{k}", f"m{k}", float(r[k]))
        circuit.L(f"{k}", f"m{k}", f"n{k + 1}", float(ind[k]))
        circuit.C(f"{k}", f"n{k + 1}", circuit.gnd, float(c[k]))
    simulator = circuit.simulator()
    analysis = simulator.ac(
        start_frequency=SWEEP.start,
        stop_frequency=SWEEP.stop,
        number_of_points=SWEEP.points,
        variation="lin",
    )
    return complex(np.array(analysis[f"n{SECTIONS}"])[-1])


if __name__ == "__main__":
    main()
