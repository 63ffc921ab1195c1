"""What the elements' values make of the branches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..elements import Capacitor, Inductor, Resistor
from ..errors import NetworkError
from ..network import Network
from .structure import Others, Structure

__all__ = ["branch_values", "element_values"]

_KIND = {Resistor.letter: 0, Inductor.letter: 1, Capacitor.letter: 2}


def element_values(
    network: Network,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    others: Others = "closed",
) -> NDArray[np.float64]:
    """Values [Ohm, H, F] (*sets, n_elements) of the elements and of the loads at other ports.

    ``values`` are those by name that are not the network's own; their shapes, which broadcast, are
    the shape of the sets.

    Raises
    ------
    NetworkError
        A value is not positive and finite, or of no element.
    """
    own = network.values(e.name for e in network.elements)
    driven = network.port(port)
    ended = [p.resistance for p in network.ports if p.name != driven.name and p.resistance > 0]
    loads = ended if others == "closed" else []
    given = {name: np.asarray(value, float) for name, value in (values or {}).items()}
    sets = np.broadcast_shapes(*(value.shape for value in given.values()))
    all_values = np.empty((*sets, len(own) + len(loads)))
    all_values[...] = [*own, *loads]
    column = {e.name: k for k, e in enumerate(network.elements)}
    for name, value in given.items():
        wrong = ~(np.isfinite(value) & (value > 0))
        if wrong.any():
            raise NetworkError(
                f"{network[name].kind} {name!r}: value = {float(value[wrong][0])!r}, "
                "must be positive and finite"
            )
        network.values([name])  # it has one
        all_values[..., column[name]] = value
    return all_values


def branch_values(
    network: Network, structure: Structure, values: NDArray[np.float64]
) -> NDArray[np.float64]:
    """R [Ohm], L [H] and S = 1/C [1/F] of each branch in series (n_sets, n_branches, 3).

    ``values`` are those of :func:`element_values`, flattened to (n_sets, n_elements).
    """
    kind = [_KIND[e.letter] for e in network.elements]
    kind += [_KIND["r"]] * (values.shape[-1] - len(kind))
    live = np.flatnonzero(structure.branch >= 0)
    kind = np.array(kind)[live]
    per_element = values[:, live]
    per_element = np.where(kind == _KIND["c"], 1 / per_element, per_element)
    out = np.zeros((3 * structure.n_branches, len(values)))
    np.add.at(out, 3 * structure.branch[live] + kind, per_element.T)
    return np.ascontiguousarray(out.T).reshape(len(values), structure.n_branches, 3)
