"""What the elements' values make of the branches."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..couplings import coupled_groups
from ..elements import Capacitor, ControlledSource, Inductor, Resistor
from ..errors import NetworkError
from ..network import Network
from .structure import Others, Structure

__all__ = ["branch_values", "element_impedance", "element_values"]

_KIND = {Resistor.letter: 0, Inductor.letter: 1, Capacitor.letter: 2}


def element_values(
    network: Network,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    others: Others = "closed",
) -> NDArray[np.float64]:
    """Values in SI (*sets, n) of the elements, of the loads at other ports, and of the couplings.

    ``values`` are those by name that are not the network's own; their shapes, which broadcast, are
    the shape of the sets.

    Raises
    ------
    NetworkError
        A value can't be one of its kind, or is of no element.
    """
    own = network.values()
    driven = network.port(port)
    ended = [p.resistance for p in network.ports if p.name != driven.name and p.resistance > 0]
    loads = ended if others == "closed" else []
    given = {name: np.asarray(value, float) for name, value in (values or {}).items()}
    sets = np.broadcast_shapes(*(value.shape for value in given.values()))
    couplings = [k.coefficient for k in network.couplings]
    all_values = np.empty((*sets, len(own) + len(loads) + len(couplings)))
    all_values[...] = [*own, *loads, *couplings]
    parts = [*(e.name for e in network.elements), *loads, *(k.name for k in network.couplings)]
    column = {name: k for k, name in enumerate(parts)} if given else {}
    for name, value in given.items():
        network.values([name])  # it has one
        _check(network, name, value)
        all_values[..., column[name]] = value
    if not given.keys().isdisjoint(k.name for k in network.couplings):
        _check_energy(network, all_values[..., len(own) + len(loads) :])
    return all_values


def _check(network: Network, name: str, value: NDArray[np.float64]) -> None:
    coupling = next((k for k in network.couplings if k.name == name), None)
    if coupling is not None:
        part, fits = coupling, (np.abs(value) < 1) & (value != 0)
        field, must_be = "coefficient", "between -1 and 1 and not zero"
    elif isinstance(part := network[name], ControlledSource):
        fits = np.isfinite(value) & (value != 0)
        field, must_be = "gain", "finite and not zero"
    else:
        fits = np.isfinite(value) & (value > 0)
        field, must_be = "value", "positive and finite"
    if not fits.all():
        raise NetworkError(
            f"{part.kind} {name!r}: {field} = {float(value[~fits][0])!r}, must be {must_be}"
        )


def _check_energy(network: Network, coefficients: NDArray[np.float64]) -> None:
    """Refuse coefficients (*sets, n_couplings) with which three or more coils could not be."""
    for group in coupled_groups({k.pair: k.coefficient for k in network.couplings}):
        if len(group) < 3:
            continue
        matrix = np.zeros((*coefficients.shape[:-1], len(group), len(group))) + np.eye(len(group))
        inside = [(n, k) for n, k in enumerate(network.couplings) if k.first in group]
        for n, k in inside:
            i, j = group.index(k.first), group.index(k.second)
            matrix[..., i, j] = matrix[..., j, i] = coefficients[..., n]
        if (np.linalg.eigvalsh(matrix)[..., 0] <= len(group) * np.finfo(float).eps).any():
            raise NetworkError(
                f"the couplings {', '.join(k.name for _, k in inside)} are not positive definite: "
                f"{', '.join(group)} would store no or negative energy; lower them"
            )


def element_impedance(
    letter: str, value: NDArray[np.float64], omega: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """R, j omega L or 1 / (j omega C) [Ohm] of an element by its letter; arrays broadcast."""
    match letter:
        case "l":
            return np.asarray(1j * omega * value, complex)
        case "c":
            return np.asarray(1 / (1j * omega * value), complex)
        case _:
            return np.asarray(value + 0j * omega, complex)


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
