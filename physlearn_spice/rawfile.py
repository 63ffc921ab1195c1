"""ngspice's raw files, binary and ASCII: read and written without loss.

A file is a row of plots. Each is a header of lines, a table of its vectors, and their values
point by point, either as native doubles or as text with the point's number in front. The values
of a plot are all real or all complex.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import PhyslearnError
from .files import replacing
from .results import DcSweep, OperatingPoint, Result, Spectrum

__all__ = ["SWEEP_AXIS", "Plot", "read_raw", "write_raw"]

_Array = NDArray[Any]
_Table = list[tuple[str, int]]  # names and lengths of vectors
_REQUIRED = {"plotname", "flags", "no. variables", "no. points"}
_FIELDS = {"title", "date", "dimensions", "command", "option", "offset", "variables", *_REQUIRED}
_FLAGS = {"real", "complex", "padded", "unpadded"}  # with any other, the values lie otherwise
_NGSPICE_LINE = 511  # bytes that ngspice reads at once; it takes the rest for another line
_KINDS = {n: n for n in ("time", "frequency", "res-sweep")} | {"v(": "voltage", "i(": "current"}
SWEEP_AXIS = {"V": "v(v-sweep)", "A": "i(i-sweep)", "Ohm": "res-sweep"}  # of DC, by its unit
_TEXT = re.compile(rb"\S")
_DIMENSIONS = re.compile(r"dims=(\d{1,18}(?:,\d{1,18})*)")
_NO_IMAGINARY = re.compile(rb"(\s[^\s,]+)(?=\r?\n)")


@dataclass(frozen=True)
class Plot:
    """One plot of a raw file: name, vectors (n_points,) in order with the axis first, and title.

    A vector that ngspice declares shorter than the others has its own length. Where ngspice
    wrote an AC plot in batch mode, the imaginary part of the frequency was not initialised.
    """

    name: str
    vectors: Mapping[str, NDArray[Any]]
    title: str = ""


def read_raw(path: Path) -> list[Plot]:
    """Read the plots of a raw file, binary and ASCII ones, in the file's order.

    Raises
    ------
    PhyslearnError
        The file is missing, is no raw file of ngspice's, or is damaged.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PhyslearnError(f"can't read {str(path)!r}: {error.strerror or error}") from error
    plots: list[Plot] = []
    at = 0
    try:
        while text := _TEXT.search(content, at):
            plot, at = _read_plot(content, text.start())
            plots.append(plot)
        if not plots:
            raise PhyslearnError("is empty: ngspice wrote nothing")
    except PhyslearnError as damage:  # it does not know the file's name
        which = f", plot {len(plots) + 1}," if plots else ""
        raise PhyslearnError(f"raw file {str(path)!r}{which} {damage}") from None
    return plots


def _read_line(content: bytes, at: int) -> tuple[str, int]:
    end = content.find(b"\n", at)
    if end < 0:
        raise PhyslearnError("ends in the middle of its header, or is no raw file of ngspice's")
    return content[at:end].decode("utf-8", "replace").strip(), end + 1


def _read_fields(content: bytes, at: int) -> tuple[dict[str, str], int]:
    """Read the header's lines by their names, and say where the table begins."""
    fields: dict[str, str] = {}
    while "variables" not in fields:
        start = at
        line, at = _read_line(content, at)
        key, colon, text = line.partition(":")
        if not colon or key.lower() not in _FIELDS:
            raise PhyslearnError(
                f"has no header at byte {start}: no raw file, or an unfinished one"
            )
        fields[key.lower()] = text.strip()
    if missing := _REQUIRED - fields.keys():
        raise PhyslearnError(f"has no {min(missing)!r} in its header")
    return fields, at


def _count(text: str, what: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise PhyslearnError(f"has {text[:40]!r} for its number of {what}")
    return int(text)


def _read_table(content: bytes, at: int, n_vectors: int, n_points: int) -> tuple[_Table, int]:
    """Read what vectors there are, and say where the table ends."""
    table: _Table = []
    for k in range(n_vectors):
        line, at = _read_line(content, at)
        # ngspice separates by tabs; the names that it makes of expressions have spaces in them
        parts = line.split("\t", 2) if line.count("\t") > 1 else line.split(maxsplit=2)
        if len(parts) < 3 or parts[0] != str(k) or not parts[1]:
            raise PhyslearnError(f"has {line[:40]!r} where its variable {k} belongs")
        found = _DIMENSIONS.search(parts[2])
        length = math.prod(map(int, found[1].split(","))) if found else n_points
        table.append((parts[1], min(length, n_points)))  # ngspice, too, ignores a longer one
    return table, at


def _read_plot(content: bytes, at: int) -> tuple[Plot, int]:
    fields, at = _read_fields(content, at)
    flags = fields["flags"].lower().split()
    if not _FLAGS.issuperset(flags) or ("real" in flags) == ("complex" in flags):
        raise PhyslearnError(f"has flags that ngspice does not write: {fields['flags'][:40]!r}")
    dtype = np.dtype(complex if "complex" in flags else float)
    n_points, n_vectors = (_count(fields[f"no. {what}"], what) for what in ("points", "variables"))
    table, at = _read_table(content, at, n_vectors, n_points)
    line, at = _read_line(content, at)
    encoding = line.lower()
    if encoding not in ("binary:", "values:"):
        raise PhyslearnError(f"has {line[:40]!r} where 'Binary:' or 'Values:' belongs")
    padded = "unpadded" not in flags  # with zeros, where a vector is shorter
    stored = [n_points if padded else length for _, length in table]
    n_values = sum(stored)
    if n_points > max(stored, default=-1):
        raise PhyslearnError(f"has no vector of its {n_points} points")
    # Before anything of the claimed size is allocated. A number in text takes two bytes at least.
    size = n_values * dtype.itemsize if encoding == "binary:" else 2 * (n_values + n_points) - 1
    if size > len(content) - at:
        raise PhyslearnError(f"ends in the middle of its data, of {n_points} points")
    if encoding == "binary:":
        end = at + size
        values = np.frombuffer(content, dtype, n_values, at)
    else:
        # no number has a colon: the line of the next one begins the next plot
        colon = content.find(b":", at)
        end = len(content) if colon < 0 else max(at, content.rfind(b"\n", at, colon) + 1)
        if content[end - 1 : end] != b"\n":  # half a number is a number, too
            raise PhyslearnError("ends in the middle of its data, in a number")
        values = _parse_values(content[at:end], _held(stored), dtype)
    columns = values.reshape(-1, n_vectors).T.copy() if padded else _ragged(values, stored)
    vectors: dict[str, _Array] = {}
    for (name, length), column in zip(table, columns, strict=True):
        # ngspice writes a vector twice where it is asked to
        if name in vectors and vectors[name].tobytes() != column[:length].tobytes():
            raise PhyslearnError(f"has two different vectors {name!r}")
        vectors[name] = column[:length]
    return Plot(fields["plotname"], vectors, fields.get("title", "")), end


def _held(lengths: list[int]) -> _Array:
    """How many of the vectors have a value at each point (n_points,)."""
    return len(lengths) - np.searchsorted(np.sort(lengths), np.arange(max(lengths)), "right")


def _parse_values(block: bytes, held: _Array, dtype: np.dtype[Any]) -> _Array:
    """Parse the text after 'Values:', and leave the points' numbers out."""
    if dtype.kind == "c":
        if block.count(b",") != held.sum():
            # in batch mode, ngspice writes a device's parameter in an AC plot as a real number
            block = _NO_IMAGINARY.sub(rb"\1,0", block)
        if block.count(b",") != held.sum():
            raise PhyslearnError(f"has {block.count(b',')} complex values, not {held.sum()}")
        block = block.replace(b",", b" ")
    try:
        numbers = np.array(block.replace(b"_", b"?").split(), float)  # float("1_0") is 10
    except ValueError as error:
        raise PhyslearnError(f"has a value that is no number: {str(error)[:80]}") from error
    widths = 1 + held * (dtype.itemsize // 8)
    if len(numbers) != widths.sum():
        raise PhyslearnError(f"has {len(numbers)} numbers in its data, not {widths.sum()}")
    starts = np.cumsum(widths) - widths
    if not np.array_equal(numbers[starts], np.arange(len(held))):
        raise PhyslearnError("has points that are not numbered 0, 1, 2 and so on")
    return np.delete(numbers, starts).view(dtype)


def _ragged(values: _Array, lengths: list[int]) -> Iterator[_Array]:
    """Take apart values point by point of vectors of unequal lengths."""
    held = _held(lengths)
    place = np.cumsum(held) - held  # of the next vector's value at each point
    for length in lengths:
        yield values[place[:length]]
        place[:length] += 1


def write_raw(results: Result | Iterable[Result], path: Path, *, ascii: bool = False) -> None:
    """Write results, each as a plot, to one raw file that ngspice and its viewers load.

    Parameters
    ----------
    results
        One result, or several in order.
    ascii
        Write text of 17 digits instead of binary: as exact, but for the bits of a NaN.

    Raises
    ------
    PhyslearnError
        There is no result, a vector's name or length has no place in the format, or the file
        can't be written.
    """
    chosen = [results] if isinstance(results, Result) else list(results)
    if not chosen:
        raise PhyslearnError(f"can't write {str(path)!r}: there are no results")
    with replacing(path) as partial, partial.open("wb") as file:
        file.writelines(line for result in chosen for line in _lines(result, ascii))


def _lines(result: Result, ascii: bool) -> Iterator[bytes]:
    vectors = dict(result.vectors)
    if isinstance(result, OperatingPoint):
        plot = "Operating Point"
    elif isinstance(result, DcSweep):
        plot = "DC transfer characteristic"
        vectors = {SWEEP_AXIS[result.unit]: result.sweep, **vectors}
    elif isinstance(result, Spectrum):
        plot, vectors = "AC Analysis", {"frequency": result.frequency.astype(complex), **vectors}
    else:
        plot, vectors = "Transient Analysis", {"time": result.time, **vectors}
    columns = [np.atleast_1d(vector) for vector in vectors.values()]
    if len({column.shape for column in columns}) != 1:
        raise PhyslearnError(f"no raw file can hold {plot!r}: no vectors, or of unequal lengths")
    is_complex = any(np.iscomplexobj(column) for column in columns)
    data = np.ascontiguousarray(np.column_stack(columns), complex if is_complex else float)
    title = result.provenance.deck.partition("\n")[0].strip().encode("utf-8", "replace")
    title = title[: _NGSPICE_LINE - len("Title: \n")].decode("utf-8", "ignore")
    flag, cell = ("complex", b"\t%.16e,%.16e\n") if is_complex else ("real", b"\t%.16e\n")
    yield f"Title: {title}\nDate: unknown\nPlotname: {plot}\nFlags: {flag}\n".encode()
    yield f"No. Variables: {len(vectors)}\nNo. Points: {len(data)}\nVariables:\n".encode()
    for k, name in enumerate(vectors):
        line = f"\t{k}\t{name}\t{_KINDS.get(name, _KINDS.get(name[:2], 'notype'))}\n".encode()
        if len(line.split()) != 3 or len(line) > _NGSPICE_LINE:
            raise PhyslearnError(f"no raw file can hold {name!r}: ngspice reads no such name")
        yield line
    if ascii:
        yield b"Values:\n"
        row = b" %d" + cell * len(vectors) + b"\n"
        yield from (row % (k, *values) for k, values in enumerate(data.view(float).tolist()))
    else:
        yield b"Binary:\n"
        yield data.tobytes()
