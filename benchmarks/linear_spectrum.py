"""Spectra of 1,000 frequencies by every way, and what share of the core's peak this engine has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from linear_networks import N_LONG, complete_network, operations, random_network
from linear_peak import peak
from linear_pieces import pieces
from linear_timing import in_turn
from linear_ways import WAYS, missing

from physlearn_spice import Network
from physlearn_spice.linear.structure import structure

Cases = Mapping[str, Callable[[], Network]]
BASE = "ngspice, in process"
OURS = "linear.admittance"

CASES: Cases = {
    **{f"random {n}": (lambda n=n: random_network(n)) for n in (30, 100, 300, 1000)},
    **{f"complete {n}": (lambda n=n: complete_network(n)) for n in (100, 300)},
}
QUICK: Cases = {name: CASES[name] for name in ("random 30", "random 100")}

# the ways that are no use beyond a number of elements, each of which takes minutes there
_MOST_ELEMENTS = {"scikit-rf Circuit": 60, "modal_admittance": 2000, "PySpice, noopac": 5000}


def measure(cases: Cases, rounds: int, patience: float) -> dict[str, dict[str, Any]]:
    """By case: its size and operations, the core's peak beside it, and what each way took."""
    found: dict[str, dict[str, Any]] = {}
    for name, make in cases.items():
        network = make()
        n_elements = len(network.elements)
        left_out = missing() | {
            way: f"left out beyond {most} elements"
            for way, most in _MOST_ELEMENTS.items()
            if n_elements > most
        }
        ways = {way: run for way, run in WAYS.items() if way not in left_out}
        records = in_turn(ways, network, rounds=rounds, patience=patience)
        rows: dict[str, dict[str, Any]] = {way: r.result() for way, r in records.items()}
        rows |= {way: {"note": why} for way, why in left_out.items()}
        base = rows[BASE]["seconds"]
        for row in rows.values():
            if "seconds" in row:
                row["ratio"] = base / row["seconds"]
        program = structure(network).program
        n_operations, fastest = operations(program), peak()
        found[name] = {
            "nodes": len(network.nodes),
            "elements": n_elements,
            "unknowns": len(program.diagonal),
            "dense": len(program.diagonal) - len(program.entry) + 1,
            "operations": n_operations,
            "peak": fastest,
            "share": n_operations * N_LONG / rows[OURS]["seconds"] / fastest,
            "pieces": pieces(network),
            "ways": {way: rows[way] for way in WAYS},
        }
    return found


def growth(spectra: Mapping[str, Mapping[str, Any]]) -> dict[str, float]:
    """Exponents a of t ~ n^a over the random networks, by least squares of the logarithms."""
    cases = [case for name, case in spectra.items() if name.startswith("random")]
    exponents: dict[str, float] = {}
    for way in WAYS:
        points = [
            (case["nodes"], case["ways"][way]["seconds"])
            for case in cases
            if "seconds" in case["ways"][way]
        ]
        if len(points) > 2:
            n, t = np.log(points).T
            exponents[way] = float(np.polyfit(n, t, 1)[0])
    return exponents
