"""Evaluations per second of the tuner's whole loop: noise, brake, circuit, and keep or go back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count

import linear_pyspice
import numpy as np
from linear_networks import random_network, series_network

from physlearn_spice import Deck, Network, Source
from physlearn_spice.elements import Capacitor, Inductor, Resistor
from physlearn_spice.netlist import at_frequencies
from physlearn_spice.ngspice import Session
from physlearn_spice.results import Spectrum
from physlearn_spice.stimulus import Tone
from physlearn_spice.tuner import absorbed_at_tones, around, recipe, walk
from physlearn_spice.tuner.listening import listening
from physlearn_spice.tuner.together import walk_together

TONES = (Tone(1.0, 1e5),)
_MANY = 10**12
_FACTOR = 10.0
_BASE = {  # what others of the same beginning are compared with
    "one component": "one component: ngspice, alter and run",
    "series RLC": "series RLC: ngspice, local-latch",
}

Rate = Callable[[float], float]
"""From seconds to spend to evaluations per second."""


def _movable(network: Network) -> tuple[str, ...]:
    return network.names(Resistor, Inductor, Capacitor)


def _rate(evaluations: Iterator[int], seconds: float) -> float:
    """Evaluations per second, after the warm-up and a first piece."""
    next(evaluations), next(evaluations)
    begin, n = time.perf_counter(), 0
    for new in evaluations:
        n += new
        spent = time.perf_counter() - begin
        if spent > seconds:
            return n / spent
    raise AssertionError("the walk has no end")


def _compiled(network: Network, name: str, n_walkers: int, *, one_at_a_time: bool = False) -> Rate:
    movable = _movable(network)
    start, seed = network.values(movable), count()

    def rate(seconds: float) -> float:
        first = next(seed)
        steps = walk_together(
            listening(network, TONES, movable),
            np.log(start),
            tuner=replace(recipe(name, len(movable)), one_at_a_time=one_at_a_time),
            bounds=around(start, _FACTOR),
            rngs=[np.random.default_rng([first, k]) for k in range(n_walkers)],
            n_evaluations=_MANY,
        )
        return _rate((powers.size for _, powers in steps), seconds)

    return rate


def _by_ngspice(network: Network, name: str) -> Rate:
    movable = _movable(network)
    start, seed = network.values(movable), count()

    def rate(seconds: float) -> float:
        steps = walk(
            absorbed_at_tones(Session(), network, TONES, movable),
            np.log(start),
            tuner=recipe(name, len(movable)),
            bounds=around(start, _FACTOR),
            rng=np.random.default_rng(next(seed)),
            n_evaluations=_MANY,
        )
        return _rate((len(powers) for _, powers in steps), seconds)

    return rate


def _one_by_ngspice(network: Network) -> Rate:
    """One component altered, one run, the port's two vectors read: the least that ngspice needs."""
    port, names = network.port(), _movable(network)
    start, (point,) = network.values(names), at_frequencies([TONES[0].frequency])
    save = (f"v({port.plus})", f"i(v{port.name})")
    deck = Deck(network, (point,), {port.name: Source(ac=1.0)}, save=save)

    def evaluations() -> Iterator[int]:
        session, rng = Session(), np.random.default_rng(0)
        session.load(deck)
        while True:
            j = int(rng.integers(len(names)))
            session.alter([names[j]], [start[j] * np.exp(0.1 * rng.standard_normal())])
            spectrum = session.run(point)
            assert isinstance(spectrum, Spectrum)
            current = -spectrum.current(f"v{port.name}")
            assert np.isfinite(0.5 * (spectrum.voltage(port.plus) * current.conj()).real[0])
            yield 1

    return lambda seconds: _rate(evaluations(), seconds)


def _kept(network: Network, name: str, n_steps: int) -> float:
    """Share of the one-component steps that the memory keeps, over so many."""
    movable = _movable(network)
    start, tuner = network.values(movable), recipe(name, len(movable))
    steps = walk_together(
        listening(network, TONES, movable),
        np.log(start),
        tuner=replace(tuner, one_at_a_time=True),
        bounds=around(start, _FACTOR),
        rngs=[np.random.default_rng(0)],
        n_evaluations=_MANY,
    )
    (before,), _ = next(steps)
    remembered, kept, n = before.remembered, 0, 0
    for _, (powers,) in steps:
        for power in powers.tolist():
            keep, remembered = tuner.memory(remembered, power)
            kept += keep
        n += len(powers)
        if n >= n_steps:
            return kept / n
    raise AssertionError("the walk has no end")


def _ways(n: int) -> dict[str, Rate]:
    network, series = random_network(n), series_network(n)

    def by_pyspice(seconds: float) -> float:
        return linear_pyspice.rate(network, TONES[0].frequency, seconds)

    ways: dict[str, Rate] = {
        "ngspice, alter and run": _by_ngspice(network, "plain"),
        "8 walkers, plain": _compiled(network, "plain", 8),
        "8 walkers, global brake": _compiled(network, "global", 8),
        "1 walker, plain": _compiled(network, "plain", 1),
        "PySpice, a new circuit each time": by_pyspice,
        "one component: ngspice, alter and run": _one_by_ngspice(network),
        "one component: 1 walker, plain": _compiled(network, "plain", 1, one_at_a_time=True),
        "one component: 1 walker, global-latch": _compiled(
            network, "global-latch", 1, one_at_a_time=True
        ),
        "series RLC: ngspice, local-latch": _by_ngspice(series, "local-latch"),
        "series RLC: 8 walkers, local-latch": _compiled(series, "local-latch", 8),
    }
    return ways


def measure(
    sizes: tuple[int, ...], rounds: int, seconds: float
) -> dict[str, dict[str, dict[str, float | str]]]:
    """Rates by size and way: medians of the rounds, and the ratio to ngspice on the same network.

    The share of the one-component steps that are kept stands beside their rates.
    """
    found: dict[str, dict[str, dict[str, float | str]]] = {}
    for n in sizes:
        ways = _ways(n)
        rates: dict[str, list[float]] = {name: [] for name in ways}
        notes: dict[str, str] = {}
        for _ in range(rounds):
            for name, way in ways.items():
                try:
                    rates[name].append(way(seconds))
                except Exception as error:  # a rival may fail in any way; its row says how
                    notes[name] = f"{type(error).__name__}: {error}".splitlines()[0][:160]
        median = {name: float(np.median(some)) for name, some in rates.items() if some}
        found[str(n)] = {}
        for name in ways:
            if name not in median:
                found[str(n)][name] = {"note": notes[name]}
                continue
            base = _BASE.get(name.partition(":")[0], "ngspice, alter and run")
            row: dict[str, float | str] = {
                "per_second": median[name],
                "ratio": median[name] / median[base],
            }
            if name.startswith("one component: 1 walker"):
                row["kept"] = _kept(
                    random_network(n), name.rpartition(" ")[2], int(seconds * median[name])
                )
            found[str(n)][name] = row
    return found
