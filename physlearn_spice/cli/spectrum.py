"""``physlearn spectrum``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray
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
from ..tolerances import absorbed_band, e_series, mode_spreads, within_tolerance
from ..wording import counted
from .inputs import (
    CheckOption,
    EngineOption,
    IncludeOption,
    JsonOption,
    PortOption,
    SeedOption,
    band,
    load_driven,
    share,
)
from .notes import leave_note

__all__ = ["spectrum"]

_N_SETS = 200  # of values within the tolerance
_LEVELS = (5, 50, 95)  # percentiles
_BETWEEN = f"{_LEVELS[0]} to {_LEVELS[-1]} %"
_MOST_OF_BAND = 1000  # frequencies


def spectrum(
    context: typer.Context,
    network: Annotated[Path, typer.Argument(help="A deck, or network.json or .graphml.")],
    over: Annotated[str | None, typer.Option("--band", help="Frequencies, as 100:2k [Hz].")] = None,
    points: Annotated[int, typer.Option(help="Points per decade.")] = 1000,
    port: PortOption = None,
    include: IncludeOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Folder for spectrum.s1p, spectrum.nc, spectrum.png."),
    ] = None,
    e24: Annotated[
        bool, typer.Option("--e24", help="Take the nearest E24 value for each R, L and C.")
    ] = False,
    tolerance: Annotated[
        str | None, typer.Option(help="Of each R, L and C, as 5%: what it spreads.")
    ] = None,
    seed: SeedOption = 0,
    engine: EngineOption = "auto",
    check: CheckOption = False,
    as_json: JsonOption = False,
) -> None:
    """Print a network's resonances, and what it absorbs at them.

    Example: physlearn spectrum net/network.json --band 100:2k --out net
    """
    net, driven = load_driven(network, port, include, needs_ac=True)
    net = e_series(net) if e24 else net
    spread = share(tolerance) if tolerance else 0.0
    rng = np.random.default_rng(seed)
    sets = within_tolerance(net, spread, _N_SETS, rng) if tolerance else None
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
    if sets is not None:
        found["tolerance"] = {"relative": spread, "sets": _N_SETS, "percentiles": _LEVELS}
        if exact is not None:  # of a large network, modes of so many sets would take hours
            _add_spreads(found["resonances"], net, exact, sets)
    if check:
        found["check_difference"] = agreement(net, result, driven.name)
    if out is not None:
        title = f"{network.name}, port {driven.name}"
        save_spectrum(net, result, driven.name, out, title=title)
        band_of = None if sets is None else _efficiency_band(net, result, driven, sets)
        data = to_xarray(result)
        if band_of is not None:
            data["band_frequency"] = "band_frequency", band_of[0], {"units": "Hz"}
            limits = {"long_name": f"efficiency, {_BETWEEN} of circuits"}
            data["absorbed_band"] = ("limit", "band_frequency"), band_of[1:], limits
        write_netcdf(data, out / "spectrum.nc")
        with figure() as (fig, axes):
            curve = efficiency(net, result, driven.name)
            name = f"values within {tolerance}: {_LEVELS[0]} to {_LEVELS[-1]} % of circuits"
            curves = {title: curve}
            spectrum_curves(axes[0, 0], result.frequency, curves, band=band_of, name_of_band=name)
            axes[0, 0].set_ylabel(efficiency_label(driven))
            save_figure(fig, out / "spectrum.png")
        leave_note(context, out, found)
    if as_json:
        print(json.dumps(found))
        return
    console = Console()
    unit = "P/Pav" if driven.resistance else "P [W] at 1 V peak"
    told = ("f0_Hz", "quality_factor") if sets is not None and exact is not None else ()
    spreads = [f"f0, {_BETWEEN}", f"Q, {_BETWEEN}"] if told else []
    table = Table("f0 [Hz]", "Q", "bandwidth [Hz]", unit, *spreads, box=None)
    for column in table.columns:
        column.justify = "right"
    for row in found["resonances"]:
        power = row["efficiency"] if driven.resistance else row["absorbed_W"]
        table.add_row(
            f"{row['f0_Hz']:.6g}",
            "lossless" if row["quality_factor"] is None else f"{row['quality_factor']:.4g}",
            f"{row['bandwidth_Hz']:.4g}",
            f"{power:.4g}",
            *(f"{row[f'{key}_spread'][0]:.5g} to {row[f'{key}_spread'][-1]:.5g}" for key in told),
        )
    if found["resonances"]:
        console.print(table)
    how = "eigenvalues of the circuit" if exact is not None else "AAA fit of the spectrum"
    console.print(
        f"{counted(len(found['resonances']), 'resonance')} from {low:.4g} to {high:.4g} Hz "
        f"({how}), loaded by {driven.resistance:g} Ohm; "
        f"{counted(len(found['peaks_Hz']), 'maximum', 'maxima')} of the absorbed power. Powers "
        "are means and leave the source resistance out; amplitudes are peak.",
        str(choice).capitalize() + ".",
        *(["Values are the nearest of E24."] if e24 else []),
        *([f"Spreads are over {_N_SETS} sets of values within {tolerance}."] if tolerance else []),
        *([f"ngspice differs by {found['check_difference']:.1e} there."] if check else []),
        highlight=False,
    )


def _default_band(network: Network, modes: list[Resonance] | None) -> tuple[float, float]:
    if not modes:
        return natural_band(network)
    return modes[0].f0 / 2, modes[-1].f0 * 2


def _add_spreads(
    rows: list[dict[str, Any]],
    network: Network,
    modes: list[Resonance],
    sets: Mapping[str, NDArray[np.float64]],
) -> None:
    """Put the percentiles of f0 and Q over sets of values into the rows of the resonances."""
    by_f0 = dict(
        zip((mode.f0 for mode in modes), mode_spreads(network, sets, _LEVELS), strict=True)
    )
    for row in rows:
        spread = by_f0[row["f0_Hz"]]
        row["f0_Hz_spread"] = spread.f0.tolist()
        row["quality_factor_spread"] = spread.quality_factor.tolist()


def _efficiency_band(
    network: Network, result: Spectrum, port: Port, sets: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Frequency [Hz] and the outer percentiles of the efficiency there, (3, n_freq)."""
    frequency = result.frequency[:: -(-len(result.frequency) // _MOST_OF_BAND)]
    power = absorbed_band(network, frequency, sets, (_LEVELS[0], _LEVELS[-1]), port.name)
    nominal = absorbed_power(network, result).max()
    unit = available_power(1.0, port.resistance) if port.resistance else nominal
    return np.vstack([frequency, power / unit])


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
