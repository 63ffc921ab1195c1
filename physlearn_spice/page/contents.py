"""What the commands have left in folders, read back."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from ..errors import DeckError, PhyslearnError
from ..folders import LEDGER_FORMAT
from ..history import FILE, Step, read_steps
from ..measures import Ledger
from ..netlist import Deck, read_deck, swept_sources, swept_unit
from ..network import Network
from ..rawfile import SWEEP_AXIS, Plot, read_raw
from ..results import DcSweep, OperatingPoint, Provenance, Result, Spectrum, Waveforms
from ..runs import Account, Run, read_run
from ..stimulus import Tone
from .answers import Answer, answer_of

__all__ = ["DeckRun", "Part", "find_parts"]

_LEAVINGS = (FILE, "network.json", "spectrum.nc", "result.nc", "ledger.json")
_T = TypeVar("_T")


@dataclass(frozen=True)
class DeckRun:
    """A deck that ``physlearn run`` has run: its account, its text, and where its results are."""

    run: Run
    text: str
    raw: Path

    def deck(self) -> Deck | None:
        """Return the deck as a network with sources; None of a deck that is only text."""
        try:
            return read_deck(self.text, folder=Path(self.run.deck).parent)
        except DeckError:
            return None

    def results(self) -> list[tuple[Account, Result]]:
        """Return the results that there are, each with its account."""
        sources = iter(swept_sources(self.text))
        swept = [(a, next(sources, "") if a.analysis == "dc" else "") for a in self.run.accounts]
        good = [(account, source) for account, source in swept if account.is_ok]
        plots = read_raw(self.raw) if good else []
        return [
            (account, _result(plot, account, self.text, source))
            for (account, source), plot in zip(good, plots, strict=False)
        ]


@dataclass(frozen=True)
class Part:
    """What is in one folder.

    Parameters
    ----------
    name
        Path of the folder, from the one that is reported on.
    steps
        The commands that wrote into it.
    network, deck
        ``network.json``, and the text of ``network.cir``.
    swept
        What ``spectrum`` has left.
    tuned, traces
        What ``tune`` has left, and its absorbed powers [W] (n_walkers, n_evaluations) by tuner.
    ledgers
        By title.
    runs
        What ``run`` has left.
    problems
        What could not be read, and why.
    """

    name: str
    steps: tuple[Step, ...]
    network: Network | None
    deck: str
    swept: Answer | None
    tuned: Answer | None
    traces: Mapping[str, Any]
    ledgers: Mapping[str, Ledger]
    runs: tuple[DeckRun, ...]
    problems: tuple[str, ...]

    def step(self, *commands: str) -> Step | None:
        """Return the latest of these commands."""
        return next((s for s in reversed(self.steps) if s.command in commands), None)


def find_parts(folder: Path) -> list[Part]:
    """Read a folder and those below it.

    Raises
    ------
    PhyslearnError
        There is no such folder, or nothing of this package's is in it.
    """
    if not folder.is_dir():
        raise PhyslearnError(f"there is no folder {str(folder)!r}")
    places: dict[Path, list[DeckRun]] = {}
    for place, below, names in os.walk(folder):
        below[:] = sorted(name for name in below if not name.startswith("."))
        here = Path(place)
        if any(name in _LEAVINGS for name in names):
            places.setdefault(here, [])
        runs = list(_runs(here, names))
        if runs:
            owner = next((p for p in (here, *here.parents) if p in places), folder)
            places.setdefault(owner, []).extend(runs)
    if not places:
        raise PhyslearnError(
            f"there is nothing to report on in {str(folder)!r}: no files of physlearn generate, "
            "spectrum, tune or run"
        )
    parts = [_part(folder, place, tuple(runs)) for place, runs in sorted(places.items())]
    return parts


def _runs(place: Path, names: list[str]) -> Iterator[DeckRun]:
    for name in sorted(names):
        path = place / name
        if not name.endswith(".json") or name in _LEAVINGS:
            continue
        try:
            run, text = read_run(path)
        except PhyslearnError:
            continue  # somebody else's
        yield DeckRun(run, text, path.with_suffix(".raw"))


def _part(folder: Path, place: Path, runs: tuple[DeckRun, ...]) -> Part:
    problems: list[str] = []

    def read(name: str, reader: Callable[[Path], _T], otherwise: _T) -> _T:
        path = place / name
        if not path.exists():
            return otherwise
        try:
            return reader(path)
        except (PhyslearnError, OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            problems.append(f"{name} can't be read: {error}")
            return otherwise

    tuned, traces = read("result.nc", _tuning, (None, {}))
    return Part(
        name=place.relative_to(folder).as_posix(),
        steps=read(FILE, lambda path: read_steps(path.parent), ()),
        network=read("network.json", lambda path: Network.from_json(_text(path)), None),
        deck=read("network.cir", _text, ""),
        swept=read("spectrum.nc", _swept, None),
        tuned=tuned,
        traces=traces,
        ledgers=read("ledger.json", _ledgers, {}),
        runs=runs,
        problems=tuple(problems),
    )


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _swept(path: Path) -> Answer:
    import xarray as xr

    with xr.open_dataset(path, engine="scipy") as data:
        vectors = {
            str(name)[:-3]: data[name].to_numpy() + 1j * data[f"{str(name)[:-3]}_im"].to_numpy()
            for name in data.data_vars
            if str(name).endswith("_re")
        }
        frequency = data["frequency"].to_numpy()
        band = None
        if "absorbed_band" in data:
            band = data["band_frequency"].to_numpy(), *data["absorbed_band"].to_numpy()
        text, engine = str(data.attrs["deck"]), str(data.attrs["engine"])
    deck = read_deck(text)
    spectrum = Spectrum(vectors, Provenance(engine, text), frequency)
    answer = answer_of(deck.network, spectrum, {n: s.ac for n, s in deck.sources.items()})
    return answer if band is None else replace(answer, band=np.vstack(band))


def _tuning(path: Path) -> tuple[Answer | None, dict[str, Any]]:
    import xarray as xr

    with xr.open_dataset(path, engine="scipy") as data:
        states = [str(state) for state in data["state"].to_numpy()]
        resistors = [str(name) for name in data["resistor"].to_numpy()]
        texts = {"untuned": data.attrs["network_untuned"], "tuned": data.attrs["network"]}
        tones = zip(
            data["tone_amplitude"].to_numpy(), data["tone_frequency"].to_numpy(), strict=True
        )
        answer = Answer(
            {state: Network.from_json(texts[state]) for state in states},
            data["frequency"].to_numpy(),
            {state: data["efficiency"].sel(state=state).to_numpy() for state in states},
            {
                state: dict(
                    zip(
                        resistors,
                        data["dissipated"].sel(state=state).to_numpy().tolist(),
                        strict=True,
                    )
                )
                for state in states
            },
            "at the tones together",
            float(data.attrs["available_power_W"]),
            tuple(Tone(float(volts), float(hertz)) for volts, hertz in tones),
        )
        traces = {str(t): data["trace"].sel(tuner=t).to_numpy() for t in data["tuner"].to_numpy()}
    return answer, traces


def _ledgers(path: Path) -> dict[str, Ledger]:
    document = json.loads(_text(path))
    if document["format"] != LEDGER_FORMAT:
        raise ValueError(f"its format is {document['format']!r}")
    books: dict[str, Ledger] = {}
    for title, record in document["ledgers"].items():
        values: dict[str, Any] = {
            field.name: (
                np.array(record[field.name], float)
                if isinstance(record[field.name], list)
                else {str(name): float(joules) for name, joules in record[field.name].items()}
            )
            for field in fields(Ledger)
        }
        books[title] = Ledger(**values)
    return books


def _result(plot: Plot, account: Account, text: str, source: str) -> Result:
    """Return a plot of a raw file as the result that it was written from."""
    vectors = dict(plot.vectors)
    provenance = Provenance(account.engine, text, account.notes)
    if "frequency" in vectors:
        return Spectrum(vectors, provenance, np.real(vectors.pop("frequency")))
    if "time" in vectors:
        return Waveforms(vectors, provenance, np.real(vectors.pop("time")))
    if source and (axis := SWEEP_AXIS[swept_unit(source)]) in vectors:
        return DcSweep(vectors, provenance, np.real(vectors.pop(axis)), source)
    return OperatingPoint(vectors, provenance)
