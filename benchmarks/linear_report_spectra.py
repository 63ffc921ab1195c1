"""The page's parts on spectra: ratios, growth, and shares of the peak."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from linear_show import ratio

FIGURE = "performance.svg"
_FREQUENCIES = 1000


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *map(list, rows)]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def percent(share: float) -> str:
    """A share with at most two digits."""
    return f"{100 * share:.{0 if share > 0.1 else 1}f} %"


def _cell(row: dict[str, Any]) -> str:
    if "ratio" not in row:
        return "–"
    return ("~" if row["scaled"] else "") + ratio(row["ratio"])


def spectra(found: dict[str, Any]) -> str:
    """Ratios of every way on every network."""
    cases = found["spectra"]
    ways = list(next(iter(cases.values()))["ways"])
    rows = [[way, *(_cell(case["ways"][way]) for case in cases.values())] for way in ways]
    once = ["linear.admittance and ngspice, each with its preparation"]
    for case in cases.values():
        ours, theirs = (case["ways"][w] for w in ("linear.admittance", "ngspice, in process"))
        spent = [way["seconds"] + way["before"] for way in (ours, theirs)]
        once.append(ratio(spent[1] / spent[0]))
    measured = [row for case in cases.values() for row in case["ways"].values() if "ratio" in row]
    gap = max(row["difference"] for row in measured)
    spread = sorted(row["spread"] for row in measured)[len(measured) // 2]
    notes = {
        f"{way}: {row['note']}"
        for case in cases.values()
        for way, row in case["ways"].items()
        if "note" in row
    }
    left_out = "\n".join(f"- {note}" for note in sorted(notes))
    return f"""
## A spectrum of 1,000 frequencies
Times the speed of ngspice as a library, with `noopac`, its `ac` command alone and two vectors
kept. Random networks: a tree and random edges, twice as many as nodes; one of R, L, C on each.
"~": run at 10 and at 100 frequencies, and scaled along the line through both.

{table(["", *cases], [*rows, once])}

All agree with `drive` in Y to {gap:.0e}. The rounds of a row spread by {percent(spread)} (median
of all rows). KLU, SuperLU and LAPACK are given this engine's reduced equations, without open ends
and with series elements put together; KLU is called from compiled code, ordered and pivoted once,
refactored for each frequency. What is missing:

{left_out}
"""


def growth(found: dict[str, Any]) -> str:
    """The figure, and its exponents."""
    exponents = found["growth"]
    if not exponents:
        return ""
    ours, theirs = exponents["linear.admittance"], exponents["ngspice, in process"]
    return f"""
![Time of a spectrum against the number of nodes]({FIGURE})

Time grows as nodes^{ours:.1f} for this engine and nodes^{theirs:.1f} for ngspice, by least
squares of the logarithms from the smallest to the largest random network. Elimination itself goes
to nodes^3, since a random graph fills to a dense core of some 0.2 nodes; the small ones are held
up by what each call costs.
"""


def share(found: dict[str, Any]) -> str:
    """Shares of the peak, whole and in parts."""
    rows = []
    for name, case in found["spectra"].items():
        p, peak = case["pieces"], case["peak"]
        operations = _FREQUENCIES * case["operations"]
        dense = p["dense_operations"] / p["dense"] / peak
        sparse = p["sparse_operations"] / p["sparse"] / peak if p["sparse_operations"] else None
        again = max(0.0, p["whole"] - p["kernel"] - p["prepare"])
        rows.append(
            [
                name,
                f"{p['matrix_bytes'] / 1e3:,.0f}",
                percent(operations / p["whole"] / peak),
                percent(operations / p["kernel"] / peak),
                percent(dense),
                "–" if sparse is None else percent(sparse),
                percent(p["assemble"] / (p["assemble"] + p["sparse"] + p["dense"])),
                percent(p["prepare"] / p["whole"]),
                f"{percent(again / p['whole'])} ({p['again']})",
            ]
        )
    heads = (
        "",
        "matrix of 8 frequencies [kB]",
        "whole call, of peak",
        "compiled loop, of peak",
        "dense block, of peak",
        "sparse columns, of peak",
        "assembly, of the loop's time",
        "Python, of the call's time",
        "rest of the call's time (frequencies solved again)",
    )
    return f"""
## Share of the core's peak, and what limits it
Counted are 8 operations for each complex multiply-add of the elimination and for each branch;
divisions, roots, the growth check and everything else are not. Parts are timed by themselves, at
one frequency and in warm caches.

{table(heads, rows)}

- **Small networks**: the call itself (looking the structure up, values to branches) and the
  branches' divisions, each of which costs as much as several multiply-adds. One call for many value
  sets or frequencies shares the first; the tuner's loop does not leave compiled code.
- **Frequencies solved again**, where a pivot's growth makes digits doubtful: a few of 1,000, but
  each costs much more than one that is not. What is left of the rest is room and
  checks of the results.
- **Sparse columns** load, change and store a scattered place for each product: the load and store
  units are the limit, not the arithmetic.
- **The dense block** keeps tiles of 3 x 3 complex vectors in registers, 6 loads for 9 products.
  While it is small the finishing of its tiles shows (roots and divisions, one after the other);
  when it is large, the matrix lies beyond the second-level cache.
- **Complete graphs** are long to assemble: there are as many branches as matrix entries, and each
  is divided, and written to three places.
"""
