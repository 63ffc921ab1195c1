"""``physlearn spectrum``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from ..errors import NetworkError
from ..measures import absorbed_power, admittance, available_power, efficiency
from ..netlist import Ac
from ..network import Network
from ..plots import figure, save_figure, spectrum_curves
from ..report import save_spectrum, swept
from ..resonances import natural_band, peaks, resonances
from ..results import Spectrum, to_xarray, write_netcdf
from .inputs import JsonOption, band, load_network

__all__ = ["spectrum"]


def spectrum(
    network: Annotated[Path, typer.Argument(help="Network: a deck, or JSON of generate or tune.")],
    over: Annotated[str | None, typer.Option("--band", help="Frequencies, as 100:2k [Hz].")] = None,
    points: Annotated[int, typer.Option(help="Points per decade.")] = 1000,
    port: Annotated[str | None, typer.Option(help="Driven port; the first by default.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for spectrum.s1p, spectrum.nc, spectrum.png."),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Print a network's resonances, and what it absorbs at them.

    Example: physlearn spectrum net/network.json --band 100:2k --out net
    """
    net = load_network(network)
    driven = net.port(port)
    low, high = band(over) if over else natural_band(net)
    if not net.is_linear:
        raise NetworkError(
            "a spectrum is of a linear network; run a nonlinear one in time (physlearn run)"
        )
    result = swept(net, Ac(low, high, points, "dec"), port=driven.name)
    found = analyse(net, driven.name, result)
    if out is not None:
        title = f"{network.name}, port {driven.name}"
        save_spectrum(net, result, driven.name, out, title=title)
        write_netcdf(to_xarray(result), out / "spectrum.nc")
        with figure() as (fig, axes):
            spectrum_curves(
                axes[0, 0], result.frequency, {title: efficiency(net, result, driven.name)}
            )
            if not driven.resistance:
                axes[0, 0].set_ylabel("absorbed power / its maximum")
            save_figure(fig, out / "spectrum.png")
    if as_json:
        print(json.dumps({"port": driven.name, "band_Hz": [low, high], **found}))
        return
    console = Console()
    unit = "P/Pav" if driven.resistance else "P [W] at 1 V peak"
    table = Table("f0 [Hz]", "Q", "bandwidth [Hz]", unit, box=None)
    for column in table.columns:
        column.justify = "right"
    for row in found["resonances"]:
        power = row["efficiency"] if driven.resistance else row["absorbed_W"]
        table.add_row(
            f"{row['f0_Hz']:.6g}",
            f"{row['quality_factor']:.4g}",
            f"{row['bandwidth_Hz']:.4g}",
            f"{power:.4g}",
        )
    console.print(table)
    console.print(
        f"{len(found['resonances'])} resonances from {low:.4g} to {high:.4g} Hz, loaded by "
        f"{driven.resistance:g} Ohm ({len(found['peaks_Hz'])} stand out as maxima of the absorbed "
        "power). Powers are means and leave the source resistance out.",
        highlight=False,
    )


def analyse(network: Network, port: str, result: Spectrum) -> dict[str, Any]:
    """Find the resonances as the source drives them, ready for JSON."""
    absorbed = absorbed_power(network, result)
    available = float(available_power(1.0, network.port(port).resistance))
    found = resonances(result.frequency, admittance(network, result, port, loaded=True))
    powers = np.interp([resonance.f0 for resonance in found], result.frequency, absorbed)
    rows = [
        {
            "f0_Hz": resonance.f0,
            "quality_factor": resonance.quality_factor,
            "bandwidth_Hz": resonance.bandwidth,
            "absorbed_W": power,
            "efficiency": power / available,
        }
        for resonance, power in zip(found, powers.tolist(), strict=True)
    ]
    second = [peak.f0 for peak in peaks(result.frequency, absorbed)]
    return {"resonances": rows, "peaks_Hz": second}
