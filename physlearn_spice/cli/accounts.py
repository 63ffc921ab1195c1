"""What ``physlearn run`` says of one deck's results: as JSON, and on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from ..measures import (
    absorbed_power,
    available_power,
    delivered_power,
    dissipated_power,
    input_power,
    ledger,
    mean_input_power,
    points_per_period,
)
from ..modes import known_modes
from ..netlist import Deck, Tran
from ..periods import FEWEST_PERIODS
from ..results import DcSweep, OperatingPoint, Result, Spectrum, Waveforms
from ..settling import common_period, settled_power
from ..stimulus import Multitone, Tone

__all__ = ["account", "coarse_steps", "print_account", "summary"]

_ROWS = 10  # of the longest tables


def coarse_steps(bench: Deck) -> list[str]:
    """Say where a transient has too few points per period for its tones and resonances."""
    steps = [analysis.max_step for analysis in bench.analyses if isinstance(analysis, Tran)]
    if not steps:
        return []
    modes = known_modes(bench.network) or []
    said: list[str] = []
    for source in bench.sources.values():
        match source.waveform:
            case Tone():
                tones = (source.waveform,)
            case Multitone(tones):
                pass
            case _:
                continue
        for f in (tone.frequency for tone in tones):
            sharp = [mode.quality_factor for mode in modes if abs(mode.f0 - f) < mode.bandwidth]
            need = points_per_period(min(max(sharp, default=1.0), 1e6))
            have = 1 / (f * max(steps))
            if have < 0.99 * need:
                said.append(
                    f"{have:.3g} points per period at {f:.6g} Hz; for powers to 0.1 % take "
                    f"{need}: a largest step of {1 / (f * need):.3g} s"
                )
    return said


def account(bench: Deck, result: Result) -> dict[str, Any]:
    """Say where the power of one analysis goes, in words and numbers for JSON."""
    network = bench.network
    engine = {"engine": result.provenance.engine, "deck_sha256": result.provenance.deck_hash}
    match result:
        case OperatingPoint():
            volts = {name: float(v[0]) for name, v in result.vectors.items()}
            return {"analysis": "op", **engine, "values": volts}
        case DcSweep():
            return summary(result)
        case Spectrum():
            return {"analysis": "ac", **engine, **_ac_account(bench, result)}
        case Waveforms():
            book = ledger(network, result)
            powers = {
                port.name: mean_input_power(network, result, port.name) for port in network.ports
            }
            return {
                "analysis": "tran",
                **engine,
                "duration_s": float(book.time[-1] - book.time[0]),
                "energy_in_J": dict(book.energy_in),
                "mean_power_in_W": sum(powers.values()),
                "steady": _steady(bench, result),
                "dissipated_J": dict(book.dissipated),
                "stored_J": dict(book.stored),
                "source_loss_J": dict(book.source_loss),
                **({"delivered_J": dict(book.delivered)} if book.delivered else {}),
                "residual": book.residual,
            }


def _steady(bench: Deck, waves: Waveforms) -> dict[str, Any] | None:
    """Judge whether the end of a transient is a steady state; None without a drive that repeats."""
    tones: list[Tone] = []
    for source in bench.sources.values():
        match source.waveform:
            case None:
                pass
            case Tone():
                tones.append(source.waveform)
            case Multitone():
                tones += source.waveform.tones
            case _:
                return None
    period = common_period(tones)
    if period is None or waves.time[-1] - waves.time[0] < FEWEST_PERIODS * period:
        return None
    found = settled_power(bench.network, waves, period)
    return {
        "power_W": found.power,
        "power_in_W": found.power_in,
        "settled": found.settled,
        "periods": found.periods,
        "period_s": period,
        "repeat": found.repeat,
        "change": found.change if np.isfinite(found.change) else None,
        "message": found.message,
    }


def summary(result: Result) -> dict[str, Any]:
    """Say how large each vector of an analysis is, in words and numbers for JSON.

    It is all that can be said of a circuit that is no network of the package's.
    """
    engine = {"engine": result.provenance.engine, "deck_sha256": result.provenance.deck_hash}
    match result:
        case OperatingPoint():
            values = {name: float(v[0].real) for name, v in result.vectors.items()}
            return {"analysis": "op", **engine, "values": values}
        case DcSweep():
            kind, at = "dc", (f"{result.source}_{result.unit}", result.sweep)
        case Spectrum():
            kind, at = "ac", ("frequency_Hz", result.frequency)
        case Waveforms():
            kind, at = "tran", ("time_s", result.time)
    vectors: dict[str, dict[str, float]] = {}
    for name, values in result.vectors.items():
        top = int(np.argmax(np.abs(values)))
        vectors[name] = {"largest": float(abs(values[top])), at[0]: float(at[1][top])}
    return {"analysis": kind, **engine, "points": len(at[1]), "vectors": vectors}


def _ac_account(bench: Deck, spectrum: Spectrum) -> dict[str, Any]:
    """Powers at the frequency where most is absorbed, or enters a nonlinear network."""
    network = bench.network
    enters = {p.name: input_power(network, spectrum, p.name) for p in network.ports}
    driven = [p for p in network.ports if bench.source(p.name).ac]
    total: NDArray[np.float64] = np.sum(list(enters.values()), axis=0)
    absorbed = absorbed_power(network, spectrum) if network.is_linear else total
    top = int(np.argmax(absorbed))
    available = sum(float(available_power(bench.source(p.name).ac, p.resistance)) for p in driven)
    power = float(absorbed[top])
    account = {
        "points": len(spectrum.frequency),
        "frequency_Hz": float(spectrum.frequency[top]),
        "absorbed_W": power,
        "power_in_W": {name: float(p[top]) for name, p in enters.items()},
        "available_W": available if np.isfinite(available) else None,
        "efficiency": power / available if np.isfinite(available) else None,
    }
    if not network.is_linear:  # a nonlinear element's share about the operating point is not known
        return account
    parts = {name: float(p[top]) for name, p in dissipated_power(network, spectrum).items()}
    # over the apparent power: of a lossless network, in and absorbed are both nothing but rounding
    gross = sum(
        float(abs(spectrum.voltage(p.plus, p.minus)[top] * spectrum.current(f"v{p.name}")[top])) / 2
        for p in network.ports
    )
    given = {name: float(p[top]) for name, p in delivered_power(network, spectrum).items()}
    gross += sum(map(abs, given.values()))
    gap = float(total[top]) + sum(given.values()) - power
    account |= {"delivered_W": given} if given else {}
    return {**account, "dissipated_W": parts, "residual": gap / gross if gross else 0.0}


def print_account(console: Console, account: Mapping[str, Any]) -> None:
    """Print what :func:`account` or :func:`summary` says."""
    console.rule(f"{account['analysis']}, {account['engine']}", align="left")
    match account["analysis"]:
        case "op":
            console.print(_table("vector", "value [V] or [A]", account["values"], sort=False))
        case _ if "vectors" in account:
            console.print(_vector_table(account["vectors"]))
        case "ac":
            _print_ac(console, account)
        case _:
            energy = sum(account["energy_in_J"].values())
            stored = sum(account["stored_J"].values())
            console.print(
                f"In {account['duration_s']:.6g} s the network took in [b]{energy:.6g} J[/b] "
                f"({account['mean_power_in_W']:.6g} W mean; source resistance not counted): "
                f"{sum(account['dissipated_J'].values()):.6g} J dissipated, "
                f"{stored:.6g} J stored. Ledger residual {account['residual']:.1e} of it.",
                highlight=False,
            )
            if steady := account["steady"]:
                console.print(
                    f"Over the last periods [b]{steady['power_W']:.6g} W[/b] mean are dissipated: "
                    f"the network {steady['message']}, of {steady['period_s']:.6g} s each.",
                    highlight=False,
                )
            _print_rows(console, "dissipated in", "energy [J]", account["dissipated_J"])
            _print_rows(console, "stored in", "change [J]", account["stored_J"])
            _print_rows(console, "delivered by", "energy [J]", account.get("delivered_J", {}))


def _print_ac(console: Console, account: Mapping[str, Any]) -> None:
    if account["available_W"] is None:
        source = "an ideal source"
    else:
        source = f"{account['efficiency']:.4f} of the available power"
    verb = "is absorbed" if "residual" in account else "enters, about the operating point,"
    closing = f" Ledger residual {account['residual']:.1e}." if "residual" in account else ""
    console.print(
        f"Most {verb} at [b]{account['frequency_Hz']:.6g} Hz[/b]: {account['absorbed_W']:.6g} W "
        f"mean ({source}; source resistance not counted; amplitudes are peak).{closing}",
        highlight=False,
    )
    if len(account["power_in_W"]) > 1:
        console.print(_table("port", "mean power in [W]", account["power_in_W"], sort=False))
    _print_rows(console, "resistor", "mean power [W]", account.get("dissipated_W", {}))
    _print_rows(console, "delivered by", "mean power [W]", account.get("delivered_W", {}))


def _print_rows(console: Console, name: str, unit: str, rows: Mapping[str, float]) -> None:
    if rows:
        console.print(_table(name, unit, rows))


def _table(name: str, unit: str, rows: Mapping[str, float], *, sort: bool = True) -> Table:
    table = Table(name, unit, box=None)
    table.columns[1].justify = "right"
    ordered = sorted(rows.items(), key=lambda row: -abs(row[1])) if sort else list(rows.items())
    for label, value in ordered[:_ROWS]:
        table.add_row(escape(label), f"{value:.6g}")
    if len(ordered) > _ROWS:
        rest = sum(value for _, value in ordered[_ROWS:])
        table.add_row(f"{len(ordered) - _ROWS} more", f"{rest:.6g}" if sort else "...")
    return table


def _vector_table(vectors: Mapping[str, Mapping[str, float]]) -> Table:
    axis = next(key for key in next(iter(vectors.values())) if key != "largest")
    name, unit = axis.rsplit("_", 1)
    table = Table("vector", "largest [V] or [A]", escape(f"at {name} [{unit}]"), box=None)
    for column in table.columns[1:]:
        column.justify = "right"
    for vector, row in list(vectors.items())[:_ROWS]:
        table.add_row(escape(vector), f"{row['largest']:.6g}", f"{row[axis]:.6g}")
    if len(vectors) > _ROWS:
        table.add_row(f"{len(vectors) - _ROWS} more", "...", "...")
    return table
