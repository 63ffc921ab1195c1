"""How the time of a spectrum grows with the network, as a figure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import matplotlib.pyplot as plt

# Okabe and Ito's colours, which the colour-blind tell apart; markers tell the same
_LINES = {
    "numpy solve, dense": ("dense LAPACK (numpy)", "#CC79A7", "v"),
    "ngspice, in process": ("ngspice, in process", "#D55E00", "s"),
    "scipy splu": ("SuperLU (scipy)", "#E69F00", "^"),
    "KLU, refactored": ("KLU, refactored", "#56B4E9", "D"),
    "modal_admittance": ("modes, then their sum", "#009E73", "P"),
    "linear.admittance": ("linear engine", "#0072B2", "o"),
}


def draw(found: dict[str, Any], path: Path) -> None:
    """Times over those of ngspice on the smallest random network, against the number of nodes."""
    cases = [case for name, case in found["spectra"].items() if name.startswith("random")]
    unit = cases[0]["ways"]["ngspice, in process"]["seconds"]
    with mpl.rc_context({"svg.hashsalt": "performance", "svg.fonttype": "none"}):
        figure, axes = plt.subplots(figsize=(8.0, 5.0), layout="constrained")
        for way, (words, colour, marker) in _LINES.items():
            points = [
                (case["nodes"], case["ways"][way]["seconds"] / unit)
                for case in cases
                if "seconds" in case["ways"].get(way, {})
            ]
            if not points:
                continue
            a = found["growth"].get(way)
            label = words if a is None else f"{words}: nodes^{a:.1f}"
            width = 2.6 if way == "linear.admittance" else 1.5
            axes.loglog(
                *zip(*points, strict=True), color=colour, marker=marker, lw=width, label=label
            )
        nodes = [case["nodes"] for case in cases]
        axes.set_xticks(nodes, [f"{n:,}" for n in nodes])
        axes.set_xticks([], minor=True)
        axes.set_xlabel("nodes of a random network with twice as many elements")
        axes.set_ylabel(f"time of 1,000 frequencies\n(ngspice at {nodes[0]} nodes = 1)")
        axes.grid(alpha=0.3)
        axes.legend(frameon=False, loc="upper left")
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
        plt.close(figure)
