"""Drawings of networks, coloured by the power in their branches.

The scale of colours grows evenly in lightness.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from .network import GROUND, Network

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import LogNorm

__all__ = ["colour_bar", "network_by_power", "power_scale"]

_POWER_COLOURS = "viridis_r"


def power_scale(*powers: Mapping[str, float], decades: float = 4.0) -> LogNorm:
    """Return one colour scale for several sets of powers [W]: the highest ``decades`` of them."""
    from matplotlib.colors import LogNorm

    top = max(max(power.values()) for power in powers)
    return LogNorm(top / 10**decades, top, clip=True)


def colour_bar(norm: LogNorm) -> ScalarMappable:
    """Return what a figure's colour bar needs to show the powers' scale."""
    from matplotlib.cm import ScalarMappable

    return ScalarMappable(norm, _POWER_COLOURS)


def network_by_power(
    ax: Axes,
    network: Network,
    power: Mapping[str, float],
    norm: LogNorm | None,
    *,
    title: str = "",
) -> None:
    """Draw the branches between junctions, coloured by the power in their elements.

    Parameters
    ----------
    ax
        Where to draw.
    network
        Its branches become lines (parallel ones one), its junctions dots; port and ground are
        named.
    power
        Dissipated power of elements by name; those of one branch are added.
    norm
        Scale of the colours, as :func:`power_scale` gives it; None draws all branches alike.
    title
        Title of the axes.
    """
    from matplotlib import colormaps

    total: dict[tuple[str, str], float] = {}  # parallel branches are one line
    for branch in network.branches:
        ends = _ends(network, branch)
        if ends:
            here = sum(power.get(name, 0.0) for name in branch)
            total[ends] = total.get(ends, 0.0) + here
    graph: nx.Graph[str] = nx.Graph(list(total))
    dense = graph.number_of_edges() > 2.5 * graph.number_of_nodes()
    layout: dict[str, NDArray[np.float64]] = (
        nx.circular_layout(graph) if dense else nx.kamada_kawai_layout(graph)
    )
    for (a, b), watts in sorted(total.items(), key=lambda item: item[1]):
        share = float(norm(max(watts, 1e-300))) if norm else 0.1
        (xa, ya), (xb, yb) = layout[a], layout[b]
        colour = colormaps[_POWER_COLOURS](share) if norm else "#555555"
        ax.plot([xa, xb], [ya, yb], color=colour, linewidth=0.8 + 3.5 * share, zorder=1 + share)
    driven = {port.plus for port in network.ports} - {GROUND}
    for node, (x, y) in layout.items():
        name = "ground" if node == GROUND else "port" if node in driven else ""
        _draw_node(ax, float(x), float(y), name)
    ax.set(title=title, aspect="equal", xlim=(-1.4, 1.4), ylim=(-1.2, 1.2))
    ax.set_axis_off()


def _draw_node(ax: Axes, x: float, y: float, name: str) -> None:
    """Draw a dot, a black one where it has a name."""
    ax.plot(x, y, "o", color="black" if name else "white", ms=6, mec="black", zorder=3)
    if not name:
        return
    radius = float(np.hypot(x, y)) or 1.0
    outward = (9 * x / radius, 9 * y / radius)  # [pt], away from the branches
    ax.annotate(
        name,
        (x, y),
        outward,
        textcoords="offset points",
        ha="left" if x > 0 else "right",
        va="center" if abs(y) < abs(x) else "bottom" if y > 0 else "top",
    )


def _ends(network: Network, branch: Sequence[str]) -> tuple[str, str] | None:
    """Return the two junctions of a branch, sorted; none for a ring back to where it starts."""
    inside = set(branch)
    terminals = {GROUND, *(node for port in network.ports for node in (port.plus, port.minus))}
    nodes = dict.fromkeys(n for name in branch for n in (network[name].a, network[name].b))
    ends = [
        node
        for node in nodes
        if node in terminals
        or any(key not in inside for _, _, key in network.graph.edges(node, keys=True))
        or network.graph.degree[node] == 1
    ]
    return (min(ends), max(ends)) if len(ends) == 2 else None
