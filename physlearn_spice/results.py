"""What an engine hands over: arrays by name, and how they came about.

Node voltages are ``v(node)`` [V], currents of inductors and sources ``i(name)`` [A], positive
into the first node of the element. Phasors are peak values.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import PhyslearnError
from .files import replacing
from .network import GROUND

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "OperatingPoint",
    "Provenance",
    "Result",
    "Spectrum",
    "Waveforms",
    "concatenate",
    "merged",
    "to_xarray",
    "touchstone",
    "write_netcdf",
]


@dataclass(frozen=True)
class Provenance:
    """How a result came about: engine and version, the deck's text, ngspice's notes."""

    engine: str
    deck: str
    notes: tuple[str, ...] = ()

    @property
    def deck_hash(self) -> str:
        """SHA-256 of the deck's text, in hexadecimal."""
        return hashlib.sha256(self.deck.encode()).hexdigest()


@dataclass(frozen=True)
class _Vectors:
    """Vectors by name, with a word for what is missing."""

    vectors: Mapping[str, NDArray[Any]]
    provenance: Provenance

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


Result = OperatingPoint | Spectrum | Waveforms


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


def to_xarray(result: Spectrum | Waveforms) -> xr.Dataset:
    """Return the vectors as variables over ``frequency`` or ``time``, with units."""
    import xarray as xr

    if isinstance(result, Spectrum):
        axis, values, unit = "frequency", result.frequency, "Hz"
    else:
        axis, values, unit = "time", result.time, "s"
    variables = {
        name: (axis, data, {"units": "V" if name.startswith("v(") else "A"})
        for name, data in result.vectors.items()
    }
    attributes = {
        "engine": result.provenance.engine,
        "deck": result.provenance.deck,
        "deck_sha256": result.provenance.deck_hash,
    }
    return xr.Dataset(variables, {axis: (axis, values, {"units": unit})}, attributes)


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
