"""ngspice's binary raw files: read and written without loss."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import PhyslearnError
from .files import replacing
from .results import OperatingPoint, Result, Spectrum

__all__ = ["Plot", "read_raw", "write_raw"]


@dataclass(frozen=True)
class Plot:
    """One plot of a raw file: its name, and its vectors in order, the axis first."""

    name: str
    vectors: Mapping[str, NDArray[Any]]


def read_raw(path: Path) -> list[Plot]:
    """Read the plots of a binary raw file.

    Raises
    ------
    PhyslearnError
        The file is missing, is not a binary raw file, or ends too early.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PhyslearnError(f"can't read {str(path)!r}: {error}") from error
    plots: list[Plot] = []
    while content.strip():
        header, found, body = content.partition(b"Binary:\n")
        if not found:
            raise PhyslearnError(f"{str(path)!r} is not a binary ngspice raw file")
        text, _, table = header.decode("utf-8", "replace").partition("Variables:\n")
        fields = dict(line.split(":", 1) for line in text.splitlines() if ":" in line)
        n_vectors, n_points = (int(fields[key]) for key in ("No. Variables", "No. Points"))
        dtype = np.dtype(complex if "complex" in fields["Flags"] else float)
        size = n_vectors * n_points * dtype.itemsize
        if len(body) < size:
            raise PhyslearnError(f"{str(path)!r} ends in the middle of its data")
        data = np.frombuffer(body, dtype, n_vectors * n_points).reshape(n_points, n_vectors)
        names = [line.split()[1] for line in table.splitlines() if line.strip()]
        vectors = {name: data[:, k].copy() for k, name in enumerate(names)}
        plots.append(Plot(fields["Plotname"].strip(), vectors))
        content = body[size:]
    return plots


def write_raw(result: Result, path: Path) -> None:
    """Write a result as a binary raw file that ngspice and its viewers load."""
    vectors = dict(result.vectors)
    if isinstance(result, OperatingPoint):
        name = "Operating Point"
    elif isinstance(result, Spectrum):
        name, vectors = "AC Analysis", {"frequency": result.frequency + 0j, **vectors}
    else:
        name, vectors = "Transient Analysis", {"time": result.time, **vectors}
    data = np.column_stack([np.atleast_1d(vector) for vector in vectors.values()])
    header = [
        f"Title: {result.provenance.deck.partition(chr(10))[0]}",
        "Date: unknown",
        f"Plotname: {name}",
        f"Flags: {'complex' if np.iscomplexobj(data) else 'real'}",
        f"No. Variables: {len(vectors)}",
        f"No. Points: {len(data)}",
        "Variables:",
        *(f"\t{k}\t{vector}\t{_type(vector)}" for k, vector in enumerate(vectors)),
        "Binary:\n",
    ]
    with replacing(path) as partial:
        partial.write_bytes("\n".join(header).encode() + np.ascontiguousarray(data).tobytes())


def _type(name: str) -> str:
    if name in ("time", "frequency"):
        return name
    return "voltage" if name.startswith("v(") else "current"
