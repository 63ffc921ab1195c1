"""``physlearn spectrum``."""

from __future__ import annotations

import json
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from rich.console import Console
from rich.table import Table

from ..engines import agreement, choose, sweep
from ..files import make_folder
from ..folders import efficiency_label, save_spectrum
from ..measures import absorbed_power, admittance, available_power, efficiency
from ..modes import known_modes
from ..netlist import Ac, at_frequencies
from ..network import Network, Port
from ..plots import figure, save_figure, spectrum_curves
from ..resonances import Resonance, natural_band, peaks, resonances
from ..results import Spectrum, to_xarray, write_netcdf
from .inputs import CheckOption, EngineOption, JsonOption, band, load_network
from .notes import leave_note

__all__ = ["spectrum"]


def spectrum(
    context: typer.Context,
    network: Annotated[Path, typer.Argument(help="Network: a deck, or JSON of generate or tune.")],
    over: Annotated[str | None, typer.Option("--band", help="Frequencies, as 100:2k [Hz].")] = None,
    points: Annotated[int, typer.Option(help="Points per decade.")] = 1000,
    port: Annotated[str | None, typer.Option(help="Driven port; the first by default.")] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for spectrum.s1p, spectrum.nc, spectrum.png."),
    ] = None,
    engine: EngineOption = "auto",
    check: CheckOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a network's resonances, and what it absorbs at them.

    Example: physlearn spectrum net/network.json --band 100:2k --out net
    """
    net = load_network(network)
    driven = net.port(port)
    choice = choose(net, engine)
    exact = known_modes(net)
    low, high = band(over) if over else _default_band(net, exact)
    if out is not None:
        make_folder(out)
    tops = at_frequencies(mode.f0 for mode in exact or () if low < mode.f0 < high)
    result = sweep(net, Ac(low, high, points, "dec"), *tops, port=driven.name, engine=choice.engine)
    found: dict[str, Any] = {
        "port": driven.name,
        "band_Hz": [low, high],
        "engine": choice.engine,
        "engine_reason": choice.reason,
        **_analyse(net, driven, result, exact, choice.engine),
    }
    if check:
        found["check_difference"] = agreement(net, result, driven.name)
    if out is not None:
        title = f"{network.name}, port {driven.name}"
        save_spectrum(net, result, driven.name, out, title=title)
        write_netcdf(to_xarray(result), out / "spectrum.nc")
        with figure() as (fig, axes):
            curve = efficiency(net, result, driven.name)
            spectrum_curves(axes[0, 0], result.frequency, {title: curve})
            axes[0, 0].set_ylabel(efficiency_label(driven))
            save_figure(fig, out / "spectrum.png")
        leave_note(context, out, found)
    if as_json:
        print(json.dumps(found))
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
            "lossless" if row["quality_factor"] is None else f"{row['quality_factor']:.4g}",
            f"{row['bandwidth_Hz']:.4g}",
            f"{power:.4g}",
        )
    console.print(table)
    how = "eigenvalues of the circuit" if exact is not None else "AAA fit of the spectrum"
    console.print(
        f"{len(found['resonances'])} resonances from {low:.4g} to {high:.4g} Hz ({how}), loaded by "
        f"{driven.resistance:g} Ohm; {len(found['peaks_Hz'])} stand out as maxima of the absorbed "
        "power. Powers are means and leave the source resistance out; amplitudes are peak.",
        str(choice).capitalize() + ".",
        *([f"ngspice differs by {found['check_difference']:.1e} there."] if check else []),
        highlight=False,
    )


def _default_band(network: Network, modes: list[Resonance] | None) -> tuple[float, float]:
    if not modes:
        return natural_band(network)
    return modes[0].f0 / 2, modes[-1].f0 * 2


def _analyse(
    network: Network, port: Port, result: Spectrum, modes: list[Resonance] | None, engine: str
) -> dict[str, Any]:
    """Find the resonances in the band, and what is absorbed at each; ready for JSON.

    ``result`` has a point at each of the ``modes``; without them, they are fitted to it.
    """
    low, high = result.frequency[[0, -1]]
    there = result
    if modes is None:
        driven = admittance(network, result, port.name, loaded=True)
        modes = resonances(result.frequency, driven)
        if modes:
            points = at_frequencies(mode.f0 for mode in modes)
            there = sweep(network, *points, port=port.name, engine=engine)
    found = [mode for mode in modes if low <= mode.f0 <= high]
    places = [mode.f0 for mode in found]
    powers = np.interp(places, there.frequency, absorbed_power(network, there)).tolist()
    available = float(available_power(1.0, port.resistance))
    rows = [
        {
            "f0_Hz": mode.f0,
            "quality_factor": mode.quality_factor if isfinite(mode.quality_factor) else None,
            "bandwidth_Hz": mode.bandwidth,
            "absorbed_W": power,
            "efficiency": power / available if port.resistance else None,
        }
        for mode, power in zip(found, powers, strict=True)
    ]
    second = [peak.f0 for peak in peaks(result.frequency, absorbed_power(network, result))]
    return {"resonances": rows, "peaks_Hz": second}
