"""What a deck says: a network, its sources, and the analyses to run."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import DeckError
from ..network import Network
from ..stimulus import Stimulus
from .numbers import as_ngspice_reads

__all__ = [
    "Ac",
    "Analysis",
    "Deck",
    "Op",
    "Options",
    "Source",
    "Tran",
    "at_frequencies",
    "check_options",
    "meter_of",
]

_LONGEST_TITLE = 100  # letters; ngspice -b has no room beyond 500 bytes
Options = Mapping[str, float | str | None]  # None for a bare flag


@dataclass(frozen=True)
class Op:
    """DC operating point."""


@dataclass(frozen=True)
class Ac:
    """Small-signal sweep from ``start`` to ``stop`` [Hz], at rest or about the operating point.

    ``points`` is their number for ``"lin"``, their number per decade for ``"dec"`` and per octave
    for ``"oct"``, which may end below ``stop``.
    """

    start: float
    stop: float
    points: int
    spacing: Literal["lin", "dec", "oct"] = "dec"

    def __post_init__(self) -> None:
        if not 0 < self.start <= self.stop < math.inf or self.points < 1:
            raise DeckError(
                f"AC sweep of {self.points} points from {self.start!r} to {self.stop!r} Hz: "
                "needs 0 < start <= stop and at least one point"
            )
        if (self.points > 1 or self.spacing != "lin") and self.start == self.stop:
            raise DeckError("AC sweep of one frequency: write it as 'lin' with 1 point")
        if self.points == 1 and self.spacing == "lin" and self.start != self.stop:
            raise DeckError("AC sweep of 1 point from 'lin': start and stop must be the same")
        if self.spacing not in ("lin", "dec", "oct"):
            raise DeckError(f"AC sweep with spacing {self.spacing!r}: 'lin', 'dec' or 'oct'")
        if self.points == 2 and self.spacing == "lin":
            raise DeckError(  # ngspice would visit the first alone
                "AC sweep of 2 points from 'lin': take 3, or one analysis for each frequency"
            )
        if self.spacing == "dec" and self._steps < 1:
            raise DeckError(  # ngspice would never end
                f"AC sweep from {self.start!r} to {self.stop!r} Hz is shorter than one step of "
                f"{self.points} points per decade: take more, or 'lin'"
            )
        if self.spacing == "dec" and math.log(self.stop / self.start) / self._steps < 1.01e-3:
            # it goes on while f <= stop (1 + reltol), and reltol is 0.001
            raise DeckError(
                f"AC sweep of {self.points} points per decade: ngspice overshoots the stop with "
                "more than 2000; take fewer, or 'lin'"
            )

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """The frequencies [Hz] (n_freq,) that ngspice 39 visits."""
        if self.spacing == "lin":
            return np.linspace(self.start, self.stop, self.points)
        if self.spacing == "oct":
            return self._fixed_ratio(2.0)
        return np.geomspace(self.start, self.stop, self._steps + 1)

    @cached_property
    def grids(self) -> tuple[NDArray[np.float64], ...]:
        """:attr:`frequencies`, and those of ngspice 46: below a decade it ends before the stop."""
        start, stop = as_ngspice_reads(float(self.start)), as_ngspice_reads(float(self.stop))
        if self.spacing == "dec" and stop / 10 < start:
            return self.frequencies, self._fixed_ratio(10.0)
        return (self.frequencies,)

    def _fixed_ratio(self, ratio: float) -> NDArray[np.float64]:
        """Steps of ratio^(1/points), while f <= stop (1 + reltol step) with a reltol of 0.001."""
        step = ratio ** (1 / self.points)
        last = math.log(self.stop / self.start * (1 + 1e-3 * step)) / math.log(step)
        return self.start * step ** np.arange(math.floor(last) + 1)

    @property
    def _steps(self) -> int:
        """Steps of a "dec" sweep: ngspice rounds down and then spreads them up to the stop."""
        ratio = as_ngspice_reads(float(self.stop)) / as_ngspice_reads(float(self.start))
        return math.floor(math.log10(ratio) * self.points)


@dataclass(frozen=True)
class Tran:
    """Transient up to ``stop`` [s], with steps of at most ``max_step`` [s], kept from ``start`` on.

    ``step`` [s] is SPICE's printing step, which pulses without a rise time take for one; it is
    ``max_step`` where none is given.
    ``at_rest`` starts with every charge and current zero; otherwise from the operating point,
    which needs a DC path from every node to ground.
    """

    stop: float
    max_step: float
    start: float = 0.0
    at_rest: bool = True
    step: float | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.start < self.stop < math.inf and 0 < self.max_step <= self.stop):
            raise DeckError(
                f"transient from {self.start!r} to {self.stop!r} s with steps of at most "
                f"{self.max_step!r} s: needs 0 <= start < stop and 0 < max_step <= stop"
            )
        if self.step is not None and not 0 < self.step < math.inf:
            raise DeckError(f"transient with a printing step of {self.step!r} s: must be positive")


Analysis = Op | Ac | Tran


def at_frequencies(frequencies: Iterable[float]) -> tuple[Ac, ...]:
    """One single-point AC analysis for each frequency [Hz]: ngspice has no list of frequencies."""
    return tuple(Ac(float(f), float(f), 1, "lin") for f in frequencies)


@dataclass(frozen=True)
class Source:
    """What a port's source does: ``dc`` [V], ``ac`` amplitude [V peak], ``waveform`` in time.

    In a transient its voltage is dc + waveform(t).
    """

    dc: float = 0.0
    ac: float = 0.0
    waveform: Stimulus | None = None


@dataclass(frozen=True)
class Deck:
    """A bench with its list of analyses.

    Parameters
    ----------
    network, analyses
        What is simulated and how.
    sources
        For each port by name; a port without one is terminated by its resistance.
    title
        First line of the deck; what is beyond 100 letters is left out.
    options
        ngspice options by name; None as a value for a bare flag. ``noopac`` and ``method=trap``
        need not be given: a linear network gets the first, every transient the second.
    save
        Vectors to keep, as ngspice spells them: ``"all"`` is every node voltage and every
        current of an inductor or a source.
    notes
        What was passed over in the text that it was read from, or may surprise, each with its
        line.
    """

    network: Network
    analyses: tuple[Analysis, ...]
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    title: str = "physlearn_spice network"
    options: Options = field(default_factory=dict[str, float | str | None])
    save: tuple[str, ...] = ("all",)
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name in self.sources:
            self.network.port(name)
        if len(self.title.splitlines()) > 1:
            raise DeckError("the title of a deck is one line")
        check_options(self.options)
        for vector in self.save:
            if not re.fullmatch(r"[\w.@#()\[\],+-]+", vector):
                raise DeckError(f"can't save {vector!r}: it is no vector's name")
        every = {port.name: self.source(port.name) for port in self.network.ports}
        object.__setattr__(self, "analyses", tuple(self.analyses))
        object.__setattr__(self, "sources", every)
        object.__setattr__(self, "title", self.title.strip()[:_LONGEST_TITLE].strip())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the analyses: ``"op"``, ``"ac"``, ``"tran"``."""
        return tuple(type(analysis).__name__.lower() for analysis in self.analyses)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Vectors of the deck's own meters, which results leave out."""
        meters = map(meter_of, self.network.metered)
        return frozenset(name for source, node in meters for name in (f"i({source})", f"v({node})"))

    def source(self, port: str) -> Source:
        """Return the source of a port; one that is off where none is given."""
        return self.sources.get(port, Source())


def meter_of(element: str) -> tuple[str, str]:
    """Name the 0 V source that measures an element's current, and the node between the two.

    No port has a source of this name: the element's begins with a letter, its number with a digit.
    """
    return f"vi_{element}", f"{element}_meter"


def check_options(options: Options) -> None:
    """Refuse options that are none, or that the elements' laws know nothing of.

    Raises
    ------
    DeckError
        Naming the option.
    """
    for name, value in options.items():
        if name in ("temp", "tnom"):
            raise DeckError(f"option {name!r}: the elements' laws are those of 27 Celsius")
        if not re.fullmatch(r"\w+", name) or not re.fullmatch(r"[\w.+-]+", str(value)):
            raise DeckError(f"option {name!r} = {value!r}: a name, and a number or a word")
