"""Random Kirchhoff networks: a function per topology, one edge model for all.

Every function returns a connected :class:`~physlearn_spice.network.Network` whose port ``1``
drives the graph's first node against its last, which is ground. The same generator state gives
the same network.
"""

from .edges import EdgeKind, EdgeModel, Fixed, Law, LogNormal, LogUniform, NonlinearKind
from .random_graphs import gnm, gnp, random_geometric, random_regular, scale_free, small_world
from .topologies import (
    complete,
    cubic_lattice,
    from_graph,
    ladder,
    square_lattice,
    triangular_lattice,
)

__all__ = [
    "EdgeKind",
    "EdgeModel",
    "Fixed",
    "Law",
    "LogNormal",
    "LogUniform",
    "NonlinearKind",
    "complete",
    "cubic_lattice",
    "from_graph",
    "gnm",
    "gnp",
    "ladder",
    "random_geometric",
    "random_regular",
    "scale_free",
    "small_world",
    "square_lattice",
    "triangular_lattice",
]
