"""``physlearn run``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from ..errors import DeckError
from ..measures import absorbed_power, admittance, available_power, dissipated_power, ledger
from ..netlist import Deck, load_deck
from ..network import Network
from ..ngspice import simulate_batch
from ..rawfile import write_raw
from ..results import OperatingPoint, Result, Spectrum, Waveforms, to_xarray, write_netcdf
from .inputs import JsonOption

__all__ = ["run"]

_ROWS = 10  # of the longest tables


def run(
    deck: Annotated[Path, typer.Argument(help="Deck, as generate writes it or by hand.")],
    raw: Annotated[Path | None, typer.Option(help="Write ngspice's .raw file(s) here.")] = None,
    netcdf: Annotated[Path | None, typer.Option(help="Write NetCDF file(s) here.")] = None,
    timeout: Annotated[float | None, typer.Option(help="Longest time for an analysis [s].")] = None,
    as_json: JsonOption = False,
) -> None:
    """Run a deck's analyses in ngspice and print where the power goes.

    Example: physlearn run net/network.cir --raw net/network.raw
    """
    bench = load_deck(deck)
    if not bench.analyses:
        raise DeckError(f"{str(deck)!r} has no analysis: add a .ac, .tran or .op card")
    console = Console(stderr=as_json)
    with console.status(f"ngspice runs {deck.name}"):
        results = simulate_batch(bench, timeout=timeout)
    for k, result in enumerate(results):
        if raw:
            write_raw(result, _numbered(raw, k, len(results)))
        if netcdf and not isinstance(result, OperatingPoint):
            write_netcdf(to_xarray(result), _numbered(netcdf, k, len(results)))
    accounts = [_account(bench, result) for result in results]
    if as_json:
        print(json.dumps({"deck": str(deck), "analyses": accounts}))
        return
    for account in accounts:
        _print(console, account)


def _numbered(path: Path, k: int, n: int) -> Path:
    return path if n == 1 else path.with_stem(f"{path.stem}_{k + 1}")


def _account(bench: Deck, result: Result) -> dict[str, Any]:
    network = bench.network
    engine = {"engine": result.provenance.engine, "deck_sha256": result.provenance.deck_hash}
    match result:
        case OperatingPoint():
            volts = {name: float(v[0]) for name, v in result.vectors.items()}
            return {"analysis": "op", **engine, "values": volts}
        case Spectrum():
            return {"analysis": "ac", **engine, **_ac_account(bench, network, result)}
        case Waveforms():
            book = ledger(network, result)
            duration = float(book.time[-1] - book.time[0])
            return {
                "analysis": "tran",
                **engine,
                "duration_s": duration,
                "energy_in_J": dict(book.energy_in),
                "mean_power_in_W": sum(book.energy_in.values()) / duration,
                "dissipated_J": dict(book.dissipated),
                "stored_J": dict(book.stored),
                "source_loss_J": dict(book.source_loss),
                "residual": book.residual,
            }


def _ac_account(bench: Deck, network: Network, spectrum: Spectrum) -> dict[str, Any]:
    port = next(p for p in network.ports if bench.source(p.name).ac)
    absorbed = absorbed_power(network, spectrum)
    top = int(np.argmax(absorbed))
    y = admittance(network, spectrum, port.name)[top]
    v = spectrum.voltage(port.plus, port.minus)[top]
    power_in = float(abs(v) ** 2 * y.real / 2)
    available = float(available_power(bench.source(port.name).ac, port.resistance))
    parts = {name: float(p[top]) for name, p in dissipated_power(network, spectrum).items()}
    return {
        "points": len(spectrum.frequency),
        "frequency_Hz": float(spectrum.frequency[top]),
        "absorbed_W": float(absorbed[top]),
        "power_in_W": power_in,
        "available_W": available if np.isfinite(available) else None,
        "efficiency": float(absorbed[top]) / available,
        "dissipated_W": parts,
        "residual": (power_in - float(absorbed[top])) / power_in if power_in else 0.0,
    }


def _print(console: Console, account: Mapping[str, Any]) -> None:
    console.rule(f"{account['analysis']}, {account['engine']}", align="left")
    match account["analysis"]:
        case "op":
            console.print(_table("vector", "value [V] or [A]", account["values"], sort=False))
        case "ac":
            if account["available_W"] is None:
                source = "an ideal source"
            else:
                source = f"{account['efficiency']:.4f} of the available power"
            console.print(
                f"Most is absorbed at [b]{account['frequency_Hz']:.6g} Hz[/b]: "
                f"{account['absorbed_W']:.6g} W mean ({source}; source resistance not counted; "
                f"amplitudes are peak). Ledger residual {account['residual']:.1e}.",
                highlight=False,
            )
            console.print(_table("resistor", "mean power [W]", account["dissipated_W"]))
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
            console.print(_table("dissipated in", "energy [J]", account["dissipated_J"]))
            console.print(_table("stored in", "change [J]", account["stored_J"]))


def _table(name: str, unit: str, rows: Mapping[str, float], *, sort: bool = True) -> Table:
    table = Table(name, unit, box=None)
    table.columns[1].justify = "right"
    ordered = sorted(rows.items(), key=lambda row: -abs(row[1])) if sort else list(rows.items())
    for label, value in ordered[:_ROWS]:
        table.add_row(label, f"{value:.6g}")
    if len(ordered) > _ROWS:
        rest = sum(value for _, value in ordered[_ROWS:])
        table.add_row(f"{len(ordered) - _ROWS} more", f"{rest:.6g}" if sort else "...")
    return table
