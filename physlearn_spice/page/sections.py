"""The sections on what a network absorbs: how much, where, when, and how it came to that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from typing import Any

import numpy as np

from ..elements import Resistor
from ..measures import Ledger
from ..modes import known_modes
from ..network import Network
from ..resonances import Resonance
from ..results import OperatingPoint
from ..tuner.statistics import last_quarter
from ..wording import counted
from .answers import Answer, power_or_share
from .figures import (
    answer_figure,
    can_be_drawn,
    ledger_figure,
    network_figure,
    plain_network_figure,
    trace_figure,
)
from .html import Html, column, details, plain, quantity, share, table, tag

__all__ = [
    "Section",
    "captioned",
    "first_screen",
    "ledger",
    "operating_point",
    "power",
    "resonances",
    "tuning",
]

_ROWS, _VALUES = 10, 40  # of a table that is not folded away
_UNITS = {"v(": "V", "i(": "A"}


@dataclass(frozen=True)
class Section:
    """A heading and what is below."""

    title: str
    body: Html


def captioned(drawing: Html, caption: str, *, full: bool = False) -> Html:
    """Return a figure with its caption."""
    return tag("figure", drawing, tag("figcaption", caption), class_="full" if full else None)


def first_screen(network: Network | None, answer: Answer | None) -> Html:
    """Draw the network and what it absorbs."""
    drawn: list[Html] = []
    if answer is not None:
        if can_be_drawn(answer.network):
            drawn.append(captioned(network_figure(answer), _network_says(answer)))
        drawn.append(captioned(answer_figure(answer), _spectrum_says(answer)))
    elif network is not None and can_be_drawn(network):
        says = "The branches between junctions."
        drawn.append(captioned(plain_network_figure(network), says))
    return tag("div", *drawn, class_="figures pair") if drawn else Html("")


def _network_says(answer: Answer) -> str:
    if not any(answer.powers.values()):
        return "The branches between junctions."
    return f"The branches between junctions, coloured by their mean power {answer.where}."


def _spectrum_says(answer: Answer) -> str:
    low, high = (quantity(float(f), "Hz") for f in answer.frequency[[0, -1]])
    what = "Mean power absorbed" if answer.network.is_linear else "Mean power that enters"
    over = "over what the source can give at most" if answer.has_share else "over its own maximum"
    tones = "; triangles are the tones, the higher the louder" if answer.tones else ""
    band = "" if answer.band is None else "; shaded: within the tolerance"
    whole = f"{what}, {over}, from {low} to {high}{tones}{band}"
    return f"{whole}. The source resistance is not counted."


def tuning(traces: Mapping[str, Any], available: float) -> Section:
    """Tell how the power grew while the network was tuned."""
    rows: list[tuple[str, ...]] = []
    for tuner, powers in traces.items():
        n_walkers, n = powers.shape
        first, late, best = powers[:, 0], last_quarter(powers), powers.max(axis=1)
        means = (power_or_share(float(p.mean()), available) for p in (first, late, best))
        rows.append((tuner, str(n_walkers), str(n), *means))
    heads = ("tuner", "walkers", "evaluations", "first", "mean of the last quarter", "best")
    of = " over available power" if isfinite(available) else ""
    caption = f"Mean absorbed{of}, means over the walkers"
    walkers = "; the bands span the walkers" if any(len(p) > 1 for p in traces.values()) else ""
    drawing = captioned(
        trace_figure(traces, available),
        f"Every trial counts, also those that were worse{walkers}.",
    )
    told = table(heads, rows, caption=caption)
    return Section("How it was tuned", tag("div", drawing, told, class_="figures"))


def power(answer: Answer) -> Section | None:
    """Tell which resistors take the power."""
    powers = {state: power for state, power in answer.powers.items() if any(power.values())}
    if not powers:
        return None
    network, (now, latest) = answer.network, list(powers.items())[-1]
    total = sum(latest.values())
    order = sorted(latest, key=lambda name: -latest[name])
    several = len(powers) > 1
    resistors = [network[name] for name in order[:_ROWS]]
    rest = order[_ROWS:]
    labels = [e.name for e in resistors] + ([f"{len(rest)} more"] if rest else []) + ["all"]
    between = [f"{e.a}, {e.b}" for e in resistors] + [""] * (len(labels) - len(resistors))
    ohm, ohms = column(
        "resistance", [e.value if isinstance(e, Resistor) else None for e in resistors], "Ω"
    )
    ohms += [""] * (len(labels) - len(ohms))

    def watts(power: Mapping[str, float]) -> list[float]:
        left = [sum(power.get(name, 0.0) for name in rest)] if rest else []
        return [*(power.get(e.name, 0.0) for e in resistors), *left, sum(power.values())]

    columns = [
        column(f"power, {state}" if several else "power", watts(power), "W")
        for state, power in powers.items()
    ]
    shares = [share(w / total) for w in watts(latest)]
    heads = ["resistor", "between", ohm, *(head for head, _ in columns)]
    heads.append(f"share, {now}" if several else "share")
    cells = (values for _, values in columns)
    rows = list(zip(labels, between, ohms, *cells, shares, strict=True))
    caption = f"Mean dissipated power {answer.where}; amplitudes are peak"
    return Section("Where the power goes", table(heads, rows, caption=caption, words=2))


def ledger(books: Mapping[str, Ledger]) -> Html:
    """Tell where the energy of transients went."""
    every = list(books.values())
    sums = {
        "taken in by the ports": [sum(b.energy_in.values()) for b in every],
        "delivered by controlled sources": [sum(b.delivered.values()) for b in every],
        "dissipated": [sum(b.dissipated.values()) for b in every],
        "stored, more than at the start": [sum(b.stored.values()) for b in every],
        "lost in the source resistances, outside": [sum(b.source_loss.values()) for b in every],
    }
    if not any(b.delivered for b in every):
        del sums["delivered by controlled sources"]
    rows = [(label, *(quantity(joule, "J") for joule in row)) for label, row in sums.items()]
    rows.insert(-1, ("residual, over what came in", *(plain(b.residual, 2) for b in every)))
    heads = ("", *(books if len(books) > 1 else ("energy",)))
    spans = sorted({quantity(float(b.time[-1] - b.time[0]), "s") for b in every})
    caption = f"The ledger over {' and '.join(spans)}"
    drawing = captioned(
        ledger_figure(books),
        "Line: the energy that came in; areas: where it is. They close to the residual.",
        full=len(books) > 1,
    )
    told = table(heads, rows, caption=caption)
    return tag("div", drawing, told, class_="figures")


def operating_point(point: OperatingPoint) -> Html:
    """List voltages and currents."""
    rows = [
        (name, quantity(float(values[0].real), _UNITS.get(name[:2], ""), 6))
        for name, values in point.vectors.items()
    ]
    whole = table(("vector", "value"), rows)
    return whole if len(rows) <= _VALUES else details(f"{len(rows)} values", whole)


def resonances(answer: Answer, found: Mapping[str, Any]) -> Section | None:
    """List resonances: as ``spectrum`` has ``found`` them, or the natural modes in the band."""
    given = found.get("resonances")
    modes = _modes(answer, given)
    if not modes:
        return None
    f0 = [mode.f0 for mode in modes]
    heights = np.interp(f0, answer.frequency, list(answer.curves.values())[-1]).tolist()
    q = (mode.quality_factor for mode in modes)
    columns = (
        column("f0", f0, "Hz", 6),
        ("Q", [plain(value) if isfinite(value) else "lossless" for value in q]),
        column("bandwidth", [mode.bandwidth for mode in modes], "Hz"),
        (
            "absorbed / available" if answer.has_share else "absorbed / maximum",
            [share(height) for height in heights],
        ),
    )
    spread, spreads = _spreads(found)
    columns = (*columns, *spread)
    heads = [head for head, _ in columns]
    rows = list(zip(*(cells for _, cells in columns), strict=True))
    rs = answer.network.port().resistance
    load = f"loaded by {quantity(rs, 'Ω')}" if rs else "with an ideal source"
    caption = f"{counted(len(rows), 'resonance')}, {load}{spreads}"
    whole = table(heads, rows, caption=caption, words=0)
    return Section("Resonances", whole if len(rows) <= 30 else details(caption, whole))


def _spreads(found: Mapping[str, Any]) -> tuple[list[tuple[str, list[str]]], str]:
    """Return columns of what the resonances spread between, and whence."""
    try:
        told, rows = found["tolerance"], found["resonances"]
        between = f"{told['percentiles'][0]} to {told['percentiles'][-1]} %"
        columns = [
            (
                f"{name}, {between}",
                [f"{plain(row[key][0], 5)} to {plain(row[key][-1], 5)}" for row in rows],
            )
            for name, key in (("f0 [Hz]", "f0_Hz_spread"), ("Q", "quality_factor_spread"))
        ]
        return columns, f"; spreads of {told['sets']} sets within {share(told['relative'])}"
    except (KeyError, TypeError, IndexError):
        return [], ""  # there was no tolerance, or it was not written by us


def _modes(answer: Answer, given: list[dict[str, Any]] | None) -> list[Resonance]:
    try:
        if given:
            return [Resonance(row["f0_Hz"], row["quality_factor"] or inf) for row in given]
    except (KeyError, TypeError):
        pass  # not written by us
    low, high = answer.frequency[[0, -1]]
    return [mode for mode in known_modes(answer.network) or () if low <= mode.f0 <= high]
