"""What tuning, spectra and ledgers leave in a folder: decks, networks, data and figures.

What is written here, :mod:`physlearn_spice.page` reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .drawings import colour_bar, network_by_power, power_scale
from .elements import Resistor
from .engines import sweep
from .files import write_text
from .measures import (
    Ledger,
    absorbed_power,
    available_at_tones,
    available_power,
    reflection,
)
from .modes import known_modes
from .netlist import Ac, Deck, Source, at_frequencies, save_deck
from .network import Network, Port
from .plots import (
    figure,
    ledger_curves,
    save_figure,
    si_prefix,
    spectrum_curves,
    tuner_trace,
)
from .rawfile import write_raw
from .results import Spectrum, touchstone, write_netcdf
from .stimulus import Tone
from .tuner import dissipated_power_at

__all__ = [
    "LEDGER_FORMAT",
    "Tuning",
    "efficiency_label",
    "save_ledgers",
    "save_spectrum",
    "save_tuning",
    "thinned",
]

LEDGER_FORMAT = "physlearn-ledger/1"
_LEDGER_POINTS = 500


@dataclass(frozen=True)
class Tuning:
    """A network before and after, the tones it was tuned to, and the powers on the way.

    ``powers`` [W] (n_walkers, n_evaluations) by tuner.
    """

    before: Network
    after: Network
    tones: tuple[Tone, ...]
    powers: Mapping[str, NDArray[np.float64]]


def save_tuning(tuning: Tuning, over: Ac, folder: Path, *, title: str) -> None:
    """Write the tuned network, its spectrum and what led there.

    ``network.cir`` (with the sweep ``over``), ``network.json``, ``network.raw``, ``spectrum.s1p``,
    ``result.nc``; figures ``network.png``, ``spectrum.png`` and ``trace.png``.
    """
    networks = {"untuned": tuning.before, "tuned": tuning.after}
    port = tuning.after.port()
    deck = Deck(tuning.after, (over,), {port.name: Source(ac=1.0)}, title=title)
    save_deck(deck, folder / "network.cir")
    write_text(folder / "network.json", tuning.after.to_json())
    points = at_frequencies(_telling_frequencies(tuning, over))
    spectra = {name: sweep(network, over, *points) for name, network in networks.items()}
    frequency = spectra["tuned"].frequency
    write_raw(spectra["tuned"], folder / "network.raw")
    save_spectrum(tuning.after, spectra["tuned"], port.name, folder, title=title)
    curves = {name: absorbed_power(networks[name], s) for name, s in spectra.items()}
    top = max(float(curve.max()) for curve in curves.values()) or 1.0
    unit = float(available_power(1.0, port.resistance)) if port.resistance else top
    curves = {name: curve / unit for name, curve in curves.items()}
    powers = {
        name: dissipated_power_at(network, tuning.tones) for name, network in networks.items()
    }
    _save_data(tuning, frequency, curves, powers, folder / "result.nc")
    with figure() as (fig, axes):
        spectrum_curves(axes[0, 0], frequency, curves, tuning.tones)
        axes[0, 0].set_ylabel(efficiency_label(port))
        save_figure(fig, folder / "spectrum.png")
    with figure() as (fig, axes):
        available = available_at_tones(tuning.before, tuning.tones)
        tuner_trace(axes[0, 0], tuning.powers, available=available)
        save_figure(fig, folder / "trace.png")
    _save_drawing(networks, powers, folder / "network.png")


def _save_drawing(
    networks: Mapping[str, Network], powers: Mapping[str, Mapping[str, float]], path: Path
) -> None:
    norm = power_scale(*powers.values())
    with figure(1, 2, size=(8.0, 4.2)) as (fig, axes):
        for ax, (name, power) in zip(axes[0], powers.items(), strict=True):
            total = sum(power.values())
            scale, prefix = si_prefix(total)
            title = f"{name}: {total / scale:.3g} {prefix}W in all"
            network_by_power(ax, networks[name], power, norm, title=title)
        label = "mean dissipated power of a branch [W]"
        fig.colorbar(colour_bar(norm), ax=axes[0], shrink=0.8, label=label)
        save_figure(fig, path)


def efficiency_label(port: Port) -> str:
    """Say what the ordinate of a spectrum is for a port's source."""
    return "absorbed / available power" if port.resistance else "absorbed power / its maximum"


def save_spectrum(
    network: Network, spectrum: Spectrum, port: str, folder: Path, *, title: str
) -> None:
    """Write S11 as ``spectrum.s1p``; none for an ideal source, and no older one is left."""
    resistance = network.port(port).resistance
    if not resistance:
        (folder / "spectrum.s1p").unlink(missing_ok=True)
    else:
        note = f"{title}\n{spectrum.provenance.engine}"
        s11 = reflection(network, spectrum, port)
        text = touchstone(spectrum.frequency, s11, resistance, note)
        write_text(folder / "spectrum.s1p", text)


def save_ledgers(books: Mapping[str, Ledger], folder: Path) -> None:
    """Write ledgers by title as ``ledger.json``, and side by side as ``ledger.png``."""
    records = {title: _record(thinned(book)) for title, book in books.items()}
    text = json.dumps({"format": LEDGER_FORMAT, "ledgers": records}, indent=1)
    write_text(folder / "ledger.json", text)
    with figure(1, len(books), size=(4.0 * len(books), 3.6)) as (fig, axes):
        ledger_curves(axes[0], books)
        save_figure(fig, folder / "ledger.png")


def thinned(book: Ledger) -> Ledger:
    """Return a ledger whose curves have no more points than an eye can tell."""
    some = np.unique(np.linspace(0, len(book.time) - 1, _LEDGER_POINTS).astype(int))
    return replace(
        book,
        time=book.time[some],
        energy_in_t=book.energy_in_t[some],
        dissipated_t=book.dissipated_t[some],
        stored_t=book.stored_t[some],
        delivered_t=np.resize(book.delivered_t, len(book.time))[some],
    )


def _record(book: Ledger) -> dict[str, Any]:
    """Return a ledger for JSON."""
    values = {field.name: getattr(book, field.name) for field in fields(book)}
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else dict(value)
        for name, value in values.items()
    }


def _telling_frequencies(tuning: Tuning, over: Ac) -> list[float]:
    """Tones and resonances within the sweep, whose tops lie between its points."""
    wanted = [tone.frequency for tone in tuning.tones]
    for network in (tuning.before, tuning.after):
        wanted += [mode.f0 for mode in known_modes(network) or ()]
    return sorted({f for f in wanted if over.start < f < over.stop})


def _save_data(
    tuning: Tuning,
    frequency: NDArray[np.float64],
    curves: Mapping[str, NDArray[np.float64]],
    powers: Mapping[str, Mapping[str, float]],
    path: Path,
) -> None:
    import xarray as xr

    resistors = tuning.before.names(Resistor)
    states = list(curves)
    data = xr.Dataset(
        {
            "trace": (
                ("tuner", "walker", "evaluation"),
                np.array(list(tuning.powers.values())),
                {"units": "W", "long_name": "mean absorbed power of every trial"},
            ),
            "efficiency": (
                ("state", "frequency"),
                np.array(list(curves.values())),
                {"units": "1", "long_name": efficiency_label(tuning.after.port())},
            ),
            "dissipated": (
                ("state", "resistor"),
                np.array([[powers[state][name] for name in resistors] for state in states]),
                {"units": "W", "long_name": "mean power at the tones"},
            ),
            "tone_amplitude": ("tone", [t.amplitude for t in tuning.tones], {"units": "V peak"}),
            "tone_frequency": ("tone", [t.frequency for t in tuning.tones], {"units": "Hz"}),
        },
        {
            "tuner": list(tuning.powers),
            "state": states,
            "resistor": list(resistors),
            "frequency": ("frequency", frequency, {"units": "Hz"}),
        },
        {
            "available_power_W": available_at_tones(tuning.before, tuning.tones),
            "network": tuning.after.to_json(),
            "network_untuned": tuning.before.to_json(),
            "physlearn_spice": version("physlearn_spice"),
        },
    )
    write_netcdf(data, path)
