"""What a deck says: a network, its sources, and the analyses to run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..elements import SaturatingInductor
from ..errors import DeckError
from ..network import Network
from .dc_sweep import Dc, check_swept
from .numbers import as_ngspice_reads
from .options import Options, check_options, check_vectors
from .source import Source
from .start import check_start

__all__ = [
    "Ac",
    "Analysis",
    "Dc",
    "Deck",
    "Op",
    "Options",
    "Source",
    "Tran",
    "at_frequencies",
    "check_options",
    "core_nodes",
    "meter_of",
]

_LONGEST_TITLE = 100  # letters; ngspice -b has no room beyond 500 bytes
_LOWEST, _HIGHEST = 1e-100, 1e100  # [Hz]; a quotient of two such frequencies is a number


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
        if self.start < _LOWEST or self.stop > _HIGHEST:
            raise DeckError(
                f"AC sweep from {self.start!r} to {self.stop!r} Hz: "
                f"needs {_LOWEST!r} <= start and stop <= {_HIGHEST!r}"
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


Analysis = Op | Dc | Ac | Tran


def at_frequencies(frequencies: Iterable[float]) -> tuple[Ac, ...]:
    """One single-point AC analysis for each frequency [Hz]: ngspice has no list of frequencies."""
    return tuple(Ac(float(f), float(f), 1, "lin") for f in frequencies)


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
    initial
        What a transient at rest (``uic``) starts from instead: the voltage [V] of capacitors and
        the current [A] of inductors, by name.
    node_voltages
        Voltages [V] by node that ngspice starts a transient from (``.ic``).
    notes
        What was read otherwise than it stands there, or passed over.
    """

    network: Network
    analyses: tuple[Analysis, ...]
    sources: Mapping[str, Source] = field(default_factory=dict[str, Source])
    title: str = "physlearn_spice network"
    options: Options = field(default_factory=dict[str, float | str | None])
    save: tuple[str, ...] = ("all",)
    initial: Mapping[str, float] = field(default_factory=dict[str, float])
    node_voltages: Mapping[str, float] = field(default_factory=dict[str, float])
    notes: tuple[str, ...] = field(default=(), compare=False)

    def __post_init__(self) -> None:
        for name in self.sources:
            self.network.port(name)
        if len(self.title.splitlines()) > 1:
            raise DeckError("the title of a deck is one line")
        check_options(self.options)
        check_vectors(self.save)
        check_start(self.network, self.initial, self.node_voltages)
        every = {port.name: self.source(port.name) for port in self.network.ports}
        object.__setattr__(self, "analyses", tuple(self.analyses))
        check_swept(self.analyses, self.network)
        object.__setattr__(self, "sources", every)
        object.__setattr__(self, "title", self.title.strip()[:_LONGEST_TITLE].strip())

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the analyses: ``"op"``, ``"dc"``, ``"ac"``, ``"tran"``."""
        return tuple(type(analysis).__name__.lower() for analysis in self.analyses)

    @cached_property
    def hidden(self) -> frozenset[str]:
        """Vectors of the deck's own meters and cores, which results leave out."""
        cores = self.network.names(SaturatingInductor)
        meters = [meter_of(name) for name in (*self.network.metered, *cores)]
        sources = [source for source, _ in meters]
        sources += [f"{part}_{name}" for name in cores for part in ("ei", "li")]
        nodes = [node for _, node in meters]
        nodes += [node for name in cores for node in core_nodes(name)]
        return frozenset([*(f"i({name})" for name in sources), *(f"v({name})" for name in nodes)])

    def source(self, port: str) -> Source:
        """Return the source of a port; one that is off where none is given."""
        return self.sources.get(port, Source())


def meter_of(element: str) -> tuple[str, str]:
    """Name the 0 V source that measures an element's current, and the node between the two.

    No port has a source of this name: the element's begins with a letter, its number with a digit.
    """
    return f"vi_{element}", f"{element}_meter"


def core_nodes(inductor: str) -> tuple[str, str]:
    """Name the node behind a saturating inductor's meter, and the one that its flux runs into."""
    return f"{inductor}_back", f"{inductor}_flux"
