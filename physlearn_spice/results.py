"""What an engine hands over: arrays by name, and how they came about.

Node voltages are ``v(node)`` [V], currents of inductors and sources ``i(name)`` [A], positive
into the first node of the element. Phasors are peak values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from .errors import DeckError, PhyslearnError, SimulationError, Status
from .files import replacing
from .netlist import alter_commands, options_of, swept_unit
from .network import GROUND
from .shown import Shown

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "DcSweep",
    "Fail",
    "Failure",
    "OperatingPoint",
    "Outcome",
    "Provenance",
    "Result",
    "Spectrum",
    "Waveforms",
    "concatenate",
    "merged",
    "outcome_of",
    "to_xarray",
    "touchstone",
    "write_netcdf",
]


@dataclass(frozen=True)
class Provenance:
    """How a result came about.

    Parameters
    ----------
    engine
        Engine and version.
    loaded
        The deck's text as ngspice was given it.
    notes
        What ngspice said; no error is among it.
    altered
        Values [Ohm, H, F, V] by name that were changed since.
    """

    engine: str
    loaded: str
    notes: tuple[str, ...] = ()
    altered: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def deck(self) -> str:
        """The deck's text, with what was altered as comments below."""
        return self.loaded + "".join(f"* {line}\n" for line in alter_commands(self.altered))

    @property
    def deck_hash(self) -> str:
        """SHA-256 of :attr:`deck`, in hexadecimal."""
        return hashlib.sha256(self.deck.encode()).hexdigest()

    @property
    def options(self) -> dict[str, str]:
        """The options that the deck sets, by name; "" for a bare flag."""
        return options_of(self.loaded)

    @property
    def method(self) -> str:
        """Integration method of a transient; ngspice's own is the trapezoidal rule."""
        return self.options.get("method", "trap")


@dataclass(frozen=True)
class _Vectors(Shown):
    """Vectors by name, with a word for what is missing."""

    vectors: Mapping[str, NDArray[Any]]
    provenance: Provenance
    status: ClassVar[Status] = Status.OK

    def voltage(self, a: str, b: str = GROUND) -> NDArray[Any]:
        """Voltage [V] of node ``a`` against node ``b``."""
        if a == GROUND:
            return -self._vector(f"v({b})")
        return self._vector(f"v({a})") - (0.0 if b == GROUND else self._vector(f"v({b})"))

    def current(self, name: str) -> NDArray[Any]:
        """Current [A] of an inductor or a voltage source, from its first to its second node."""
        return self._vector(f"i({name})")

    def _vector(self, name: str) -> NDArray[Any]:
        try:
            return self.vectors[name]
        except KeyError:
            known = ", ".join(self.vectors)
            raise PhyslearnError(f"{name} was not saved; there are {known}") from None


@dataclass(frozen=True)
class OperatingPoint(_Vectors):
    """DC solution: vectors of shape (1,)."""


@dataclass(frozen=True)
class Spectrum(_Vectors):
    """Complex peak phasors (n_freq,) at ``frequency`` [Hz] (n_freq,)."""

    frequency: NDArray[np.float64]


@dataclass(frozen=True)
class Waveforms(_Vectors):
    """Real waveforms (n_time,) at ``time`` [s] (n_time,), which is not uniform."""

    time: NDArray[np.float64]


@dataclass(frozen=True)
class DcSweep(_Vectors):
    """DC solutions (n_points,) at the values ``sweep`` [V, A or Ohm] (n_points,) of ``source``."""

    sweep: NDArray[np.float64]
    source: str

    @property
    def unit(self) -> str:
        """Unit of :attr:`sweep`: V, A or Ohm."""
        return swept_unit(self.source)


Result = OperatingPoint | DcSweep | Spectrum | Waveforms


@dataclass(frozen=True)
class Failure:
    """What stands in the place of a result where failures are returned, not raised."""

    error: DeckError | SimulationError

    @property
    def status(self) -> Status:
        """How the run ended; ``status.advice`` is what to do about it."""
        return self.error.status

    @property
    def line(self) -> int | None:
        """Line of the deck at fault, counted from 1, where one is known."""
        return self.error.line


Outcome = Result | Failure
Fail = Literal["raise", "return"]  # what to do with a run that fails


def outcome_of(run: Callable[[], Result], fail: Fail) -> Outcome:
    """Return what a run gives; with ``fail="return"`` a failure where it raises one."""
    try:
        return run()
    except (DeckError, SimulationError) as error:
        if fail == "raise":
            raise
        return Failure(error)


def concatenate(spectra: Iterable[Spectrum]) -> Spectrum:
    """Join spectra of one circuit along the frequency axis; provenance is the first one's."""
    parts = list(spectra)
    names = parts[0].vectors
    return Spectrum(
        {name: np.concatenate([part.vectors[name] for part in parts]) for name in names},
        parts[0].provenance,
        np.concatenate([part.frequency for part in parts]),
    )


def merged(spectra: Iterable[Spectrum]) -> Spectrum:
    """Join spectra of one circuit by frequency, each frequency once."""
    joined = concatenate(spectra)
    frequency, first = np.unique(joined.frequency, return_index=True)
    vectors = {name: values[first] for name, values in joined.vectors.items()}
    return Spectrum(vectors, joined.provenance, frequency)


def to_xarray(result: DcSweep | Spectrum | Waveforms) -> xr.Dataset:
    """Return the vectors as variables over ``frequency``, ``time`` or ``sweep``, with units."""
    import xarray as xr

    named: dict[str, str] = {}
    match result:
        case Spectrum():
            axis, values, unit = "frequency", result.frequency, "Hz"
        case Waveforms():
            axis, values, unit = "time", result.time, "s"
        case DcSweep():
            axis, values, unit = "sweep", result.sweep, result.unit
            named = {"long_name": result.source}
    variables = {
        name: (axis, data, {"units": "V" if name.startswith("v(") else "A"})
        for name, data in result.vectors.items()
    }
    attributes = {
        "engine": result.provenance.engine,
        "deck": result.provenance.deck,
        "deck_sha256": result.provenance.deck_hash,
    }
    return xr.Dataset(variables, {axis: (axis, values, {"units": unit, **named})}, attributes)


def write_netcdf(dataset: xr.Dataset, path: Path) -> None:
    """Write a dataset as NetCDF 3; a complex variable ``x`` becomes ``x_re`` and ``x_im``."""
    split = dataset.copy()
    for name, variable in dataset.data_vars.items():
        if np.iscomplexobj(variable):
            split = split.drop_vars([name])
            split[f"{name}_re"], split[f"{name}_im"] = variable.real, variable.imag
            for part in ("re", "im"):
                split[f"{name}_{part}"].attrs = variable.attrs
    with replacing(path) as partial:
        split.to_netcdf(partial, engine="scipy")


def touchstone(
    frequency: NDArray[np.float64],
    s11: NDArray[np.complex128],
    resistance: float,
    comment: str = "",
) -> str:
    """Return a one-port Touchstone file of S11 (n_freq,) against ``resistance`` [Ohm]."""
    lines = [f"! {line}" for line in comment.splitlines()]
    lines.append(f"# Hz S RI R {resistance!r}")
    rows = zip(frequency.tolist(), s11.real.tolist(), s11.imag.tolist(), strict=True)
    return "\n".join([*lines, *(f"{f!r} {re!r} {im!r}" for f, re, im in rows), ""])
