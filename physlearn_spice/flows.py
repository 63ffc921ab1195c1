"""Currents of a result that ngspice does not hand out itself, from the laws of their elements."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from .elements import (
    Cccs,
    Ccvs,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Vccs,
    Vcvs,
)
from .errors import PhyslearnError
from .network import Network
from .results import Result, Spectrum

__all__ = ["current_of"]


def current_of(
    network: Network, result: Result, name: str, values: Mapping[str, float] | None = None
) -> NDArray[Any]:
    """Current [A] from ``a`` to ``b``, of the result's shape.

    Parameters
    ----------
    name
        A resistor, an inductor, a controlled source, or ``vp``, the source of the port ``p``,
        whose current SPICE counts from the port's ``plus`` through the source. Where the result is
        no spectrum, which is about a point that it doesn't tell, also a diode or cubic conductance.
    values
        Resistances [Ohm] and gains by name that are not the network's own.

    Raises
    ------
    PhyslearnError
        A vector that it takes was not saved; or the element is of another kind.
    """
    given = values or {}
    if name.startswith("v"):  # no element's name does
        return result.current(name)
    match network[name]:
        case Inductor() | SaturatingInductor() | Vcvs() | Ccvs():
            return result.current(name)
        case Resistor(_, a, b, value):
            return result.voltage(a, b) / given.get(name, value)
        case Vccs(_, _, _, plus, minus, gain):
            return given.get(name, gain) * result.voltage(plus, minus)
        case Diode() | CubicConductance() as e if not isinstance(result, Spectrum):
            return e.current(result.voltage(e.a, e.b))
        case Cccs(_, _, _, control, gain):
            return given.get(name, gain) * current_of(network, result, control, given)
        case other:
            raise PhyslearnError(f"the current of the {other.kind} {name!r} is not known")
