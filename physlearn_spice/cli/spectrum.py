"""``physlearn spectrum``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from ..errors import NetworkError
from ..files import write_text
from ..measures import absorbed_power, admittance, available_power, reflection
from ..netlist import Ac, Deck, Source
from ..network import Network
from ..ngspice import simulate
from ..plots import figure, save_figure, spectrum_curves
from ..resonances import natural_band, peaks, resonances
from ..results import Spectrum, to_xarray, touchstone, write_netcdf
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
    found, result = analyse(net, driven.name, Ac(low, high, points, "dec"))
    if out is not None:
        save(net, result, driven.name, out, title=f"{network.name}, port {driven.name}")
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


def analyse(network: Network, port: str, sweep: Ac) -> tuple[dict[str, Any], Spectrum]:
    """Sweep a linear network at 1 V peak; give what was found, ready for JSON, and the spectrum."""
    if not network.is_linear:
        raise NetworkError(
            "a spectrum is of a linear network; run a nonlinear one in time (physlearn run)"
        )
    (result,) = simulate(Deck(network, (sweep,), {port: Source(ac=1.0)}))
    if not isinstance(result, Spectrum):
        raise TypeError(result)
    absorbed = absorbed_power(network, result)
    available = float(available_power(1.0, network.port(port).resistance))
    rows = [
        {
            "f0_Hz": resonance.f0,
            "quality_factor": resonance.quality_factor,
            "bandwidth_Hz": resonance.bandwidth,
            "absorbed_W": float(np.interp(resonance.f0, result.frequency, absorbed)),
            "efficiency": float(np.interp(resonance.f0, result.frequency, absorbed)) / available,
        }
        for resonance in resonances(
            result.frequency, admittance(network, result, port, loaded=True)
        )
    ]
    second = [peak.f0 for peak in peaks(result.frequency, absorbed)]
    return {"resonances": rows, "peaks_Hz": second}, result


def efficiency(network: Network, result: Spectrum, port: str) -> NDArray[np.float64]:
    """P / Pav at 1 V peak (n_freq,); for an ideal source, P over its own maximum."""
    absorbed = absorbed_power(network, result)
    resistance = network.port(port).resistance
    return absorbed / (available_power(1.0, resistance) if resistance else absorbed.max())


def save(network: Network, result: Spectrum, port: str, folder: Path, *, title: str) -> None:
    """Write ``spectrum.s1p``, ``spectrum.nc`` and ``spectrum.png`` to a folder."""
    resistance = network.port(port).resistance
    if resistance:
        s11 = reflection(network, result, port)
        note = f"{title}\n{result.provenance.engine}"
        text = touchstone(result.frequency, s11, resistance, note)
        write_text(folder / "spectrum.s1p", text)
    write_netcdf(to_xarray(result), folder / "spectrum.nc")
    with figure() as (fig, axes):
        curve = efficiency(network, result, port)
        spectrum_curves(axes[0, 0], result.frequency, {title: curve})
        if not resistance:
            axes[0, 0].set_ylabel("absorbed power / its maximum")
        save_figure(fig, folder / "spectrum.png")
