"""What was measured, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.table import Table


def _table(title: str, heads: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for k, head in enumerate(heads):
        table.add_column(head, justify="right" if k else "left", no_wrap=not k)
    for row in rows:
        table.add_row(*row)
    Console(width=120).print(table)


def ratio(value: float) -> str:
    """A ratio with three digits."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _spectra(found: dict[str, Any]) -> None:
    for name, case in found["spectra"].items():
        title = (
            f"{name}: {case['nodes']} nodes, {case['elements']} elements; "
            f"{case['share']:.0%} of the core's {case['peak'] / 1e9:.3g} Gflop/s"
        )
        heads = (
            "1,000 frequencies",
            "ms",
            "times ngspice's speed",
            "before [ms]",
            "max |dY/Y|",
            "",
        )
        rows = [
            (way, "", "", "", "", row["note"])
            if "note" in row
            else (
                way,
                f"{1e3 * row['seconds']:.4g}",
                ratio(row["ratio"]),
                f"{1e3 * row['before']:.3g}",
                f"{row['difference']:.0e}",
                "scaled" if row["scaled"] else "",
            )
            for way, row in case["ways"].items()
        ]
        _table(title, heads, rows)
    rows = [(way, f"{a:.2f}") for way, a in found["growth"].items()]
    if rows:
        _table("time grows as nodes^a", ("random networks", "a"), rows)


def _short(value: float) -> str:
    """A count as it is, an error with one digit."""
    return str(value) if isinstance(value, int) else f"{value:.0e}"


def _silent(found: dict[str, Any]) -> None:
    columns = {
        "networks": "networks",
        "crashed": "crashed",
        "refused": "no result",
        "warned": "warned",
        "beyond_1e-6": "> 1e-6",
        "beyond_1e-2": "> 1e-2",
        "median": "median",
        "worst": "worst",
        "worst_noopac": "worst, noopac",
        "our_error": "ours, to 60 digits",
    }
    rows = [(name, *(_short(row[key]) for key in columns)) for name, row in found["silent"].items()]
    _table("errors of Y by a default ngspice", ("", *columns.values()), rows)


def _tuner(found: dict[str, Any]) -> None:
    for n, ways in found["tuner"].items():
        rows = [
            (way, "", "", row["note"])
            if "note" in row
            else (
                way,
                f"{row['per_second']:,.4g}",
                ratio(row["ratio"]),
                f"{row['kept']:.0%} kept" if "kept" in row else "",
            )
            for way, row in ways.items()
        ]
        _table(f"tuner, {n} nodes", ("", "a second", "times ngspice's", ""), rows)


def _transient(found: dict[str, Any]) -> None:
    columns = {"ratio": "the ports", "ratio_all": "all vectors", "ratio_eight": "eight at once"}
    rows = [
        (n, *(ratio(row[key]) for key in columns), "scaled" if row["scaled"] else "")
        if "ratio" in row
        else (n, "", "", "", row["note"])
        for n, row in found["transient"].items()
    ]
    _table("transient, times ngspice's speed", ("nodes", *columns.values(), ""), rows)


def _lattice(found: dict[str, Any]) -> None:
    rows = [
        (
            name,
            f"{row['structure_seconds']:.3g}",
            f"{row['seconds']:.4g}",
            f"{row['memory'] / 1e6:.0f}",
            f"{(row['memory'] - row['memory_before']) / 1e6:.0f}",
        )
        for name, row in found["lattice"].items()
    ]
    heads = ("square lattice", "before [s]", "1,000 frequencies [s]", "memory [MB]", "of it added")
    _table("lattice", heads, rows)


def show(part: str, found: dict[str, Any]) -> None:
    """Print one part."""
    {
        "spectra": _spectra,
        "silent": _silent,
        "tuner": _tuner,
        "transient": _transient,
        "lattice": _lattice,
    }[part](found)
