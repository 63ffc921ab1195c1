"""Write docs/performance.md and its figure from what linear_engine.py measured.

python benchmarks/linear_report.py docs/performance.json [--to FOLDER]
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from linear_figure import draw
from linear_report_spectra import FIGURE, growth, percent, share, spectra, table
from linear_show import ratio

_DOCS = Path(__file__).parents[1] / "docs"
_TUNER_LABELS = {  # rows of the tuner's table: way, and what it is compared with
    "8 walkers, plain": "8 walkers, plain",
    "8 walkers, global brake": "8 walkers, global brake",
    "1 walker, plain": "1 walker, plain",
    "PySpice, a new circuit each time": "PySpice, a new circuit each time",
    "series RLC: 8 walkers, local-latch": "series RLC on each edge: 8 walkers, local-latch",
    "one component: 1 walker, plain": "one component: every trial kept",
    "one component: 1 walker, global-latch": "one component: global-latch",
}


def head(found: dict[str, Any]) -> str:
    """What was measured on what."""
    m = found["machine"]
    versions = ", ".join(f"{k} {m[k]}" for k in ("python", "numba", "numpy", "scipy", "PySpice"))
    quick = "\n**A quick run, of small sizes: not to be quoted.**\n" if found["quick"] else ""
    return f"""# What the linear engine is measured to do

Everything here was written by `benchmarks/linear_report.py` from `performance.json`, which
`benchmarks/linear_engine.py` measured: every way in turn on the same networks, one core, medians.
{quick}
One core of {m["processor"]} ({m["vectors"]}), whose best is {found["peak"] / 1e9:.3g}
Gflop/s in double precision, measured with multiply-adds in registers. {m["ngspice"]}; {versions}.
Another machine has other ratios; run it there.
"""


def silent(found: dict[str, Any]) -> str:
    """Errors of a default ngspice."""
    rows = [
        [
            name,
            f"{row['networks']}",
            f"{row['crashed']}",
            f"{row['refused']}",
            f"{row['warned']}",
            f"{row['beyond_1e-6']}",
            f"{row['beyond_1e-2']}",
            f"{row['worst']:.0e}",
            f"{row['worst_noopac']:.0e}",
            f"{row['our_error']:.0e}",
        ]
        for name, row in found["silent"].items()
    ]
    heads = (
        "networks",
        "of",
        "crashed",
        "no result",
        "warned",
        "wrong by > 1e-6",
        "by > 1 %",
        "worst",
        "worst with `noopac`",
        "this engine, to 60 digits",
    )
    return f"""
## A default ngspice is silently wrong
Without `noopac` an AC analysis solves an operating point first, which inductor loops make
singular; its failed attempts leave a pivot order that the AC analysis keeps. All points come, all
finite, exit code 0, without an error; "singular matrix" warnings about the operating point stand
in the log, as they do on networks whose spectra are right, so that they tell nothing. Where
ngspice crashed, in those attempts, it took its process with it. 100 frequencies from 1 kHz to
1 MHz; largest relative error of Y against this engine, which is itself checked at the worst
frequency of three networks in each row by elimination with 60 digits.

{table(heads, rows)}

Every deck of this package says `noopac` where the circuit is linear. PySpice takes the notes
on the operating point's attempts, which come by way of stderr, for an error and raises; so its
loop runs here with `noopac`.
"""


def tuner(found: dict[str, Any]) -> str:
    """Evaluations of the tuner's loop."""
    sizes = found["tuner"]
    rows = []
    for way, label in _TUNER_LABELS.items():
        cells = []
        for ways in sizes.values():
            row = ways.get(way, {})
            kept = f" ({percent(row['kept'])} kept)" if "kept" in row else ""
            cells.append(ratio(row["ratio"]) + kept if "ratio" in row else "–")
        rows.append([label, *cells])
    return f"""
## The tuner's whole loop
Evaluations per second over those of the same loop on ngspice (`Session.alter` and `run`), one
tone at 100 kHz, noise and brake and keep-or-go-back included, every component changed for each
evaluation. The last two rows change one component, over ngspice with one `alter` and two vectors
read.

{table(["", *(f"{n} nodes" for n in sizes)], rows)}

One walker alone leaves seven of eight lanes idle. How much one component at a time gains depends
on the share of trials that are kept: those change the whole state, a refused one costs O(1).
"""


def transient(found: dict[str, Any]) -> str:
    """Transients."""
    measured = {n: row for n, row in found["transient"].items() if "ratio" in row}
    if not measured:
        return "\n## Transients\nNot measured.\n"
    rows = [
        [
            n,
            *(
                (("~" if row["scaled"] else "") + ratio(row[key]))
                for key in ("ratio", "ratio_eight", "ratio_all")
            ),
            f"{row['steps']:.2f}",
            f"{row['difference']:.0e}",
        ]
        for n, row in measured.items()
    ]
    heads = (
        "nodes",
        "the ports' waves",
        "of eight circuits at once, each",
        "all vectors kept",
        "ngspice's steps over ours",
        "largest difference",
    )
    return f"""
## Transients
100 periods of 100 steps from rest, times the speed of ngspice's `tran` command with one vector
kept. Both take the trapezoidal rule, ngspice at steps of its own choice up to that length; the
difference, of the first periods and over the largest voltage, holds an interpolation between the
two. "~": scaled from 2 and 6 periods.

{table(heads, rows)}
"""


def lattice(found: dict[str, Any]) -> str:
    """The large lattice."""
    rows = found["lattice"]
    ours = rows["linear.admittance"]
    lines = [
        [
            name,
            ratio(row["seconds"] / ours["seconds"]),
            f"{row['structure_seconds'] / ours['seconds']:.2g}",
            f"{(row['memory'] - row['memory_before']) / 1e6:,.0f}",
        ]
        for name, row in rows.items()
    ]
    alone = ours["loop_seconds"] / ours["seconds"]
    lines.insert(1, ["its compiled loop alone", f"{alone:.2g}", "", ""])
    heads = ("", "1,000 frequencies (this engine = 1)", "preparation", "memory added [MB]")
    return f"""
## A square lattice of {ours["unknowns"] + 1:,.0f} unknowns
{table(heads, lines)}

{ours["operations"] / 1e6:.3g} million operations for each frequency,
{percent(_lattice_share(found))} of peak, {percent(_lattice_share(found) / alone)} in the compiled
loop; the dense block has {ours["dense"]:.0f} rows. Of the 1,000 frequencies {ours["again"]:.0f} are
judged, and where need be solved, again: that takes the rest of the time. ngspice and KLU are scaled
from 10 and 100 frequencies.
"""


def _lattice_share(found: dict[str, Any]) -> float:
    ours = found["lattice"]["linear.admittance"]
    return 1000 * ours["operations"] / ours["seconds"] / found["peak"]


LIMITS = """
## Limits
- **Re Y of a nearly lossless network** is a small difference of large numbers in any solver: |Y|
  may be good to 1e-13 while Re Y keeps few digits, and so may Re Z. `drive` sums R |i|^2 over the
  resistors instead, and tells the bound of that. What rounding of the given values alone does to
  a resonance of quality Q, some Q times 1e-16, nothing can undo.
- There is no pivoting in the fast loop. Where the growth of pivots tells that digits may be lost,
  those frequencies are judged by `drive`, and solved again with pivoting where that finds a reason.
- The first call on a machine compiles for some 20 s, and keeps that. The structure of a network
  is found once ("preparation"); for a single spectrum of a new small network it takes longer than
  the spectrum.
- `modal_admittance` takes up to 2,000 states. `fitted` gains where a sample is dear: large
  networks.
"""

PARTS = (
    ("spectra", spectra),
    ("growth", growth),
    ("spectra", share),
    ("silent", silent),
    ("tuner", tuner),
    ("transient", transient),
    ("lattice", lattice),
)


def main() -> None:
    """Write the page and its figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("json", type=Path)
    parser.add_argument("--to", type=Path, default=_DOCS, help="the folder of the page")
    asked = parser.parse_args()
    found = json.loads(asked.json.read_text(encoding="utf-8"))
    page = head(found) + "".join(part(found) for name, part in PARTS if name in found) + LIMITS
    (asked.to / "performance.md").write_text(page, encoding="utf-8")
    if "spectra" in found:
        draw(found, asked.to / FIGURE)


if __name__ == "__main__":
    main()
