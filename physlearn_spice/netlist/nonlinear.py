"""Cards of varactor, cubic conductance and saturating inductor, whose laws are expressions.

ngspice drops i dL/dt from an L that is an expression. So the core of a saturating inductor ``l`` is
a second circuit: its flux flows as a current through the inductor ``li_l`` of 1 H, whose voltage is
therefore dflux/dt, and ``ei_l`` puts that in series with ``l``, which is what never saturates. Its
current is measured by the source ``vi_l`` of 0 V.
"""

from __future__ import annotations

import re

from ..elements import CubicConductance, Inductor, SaturatingInductor, Varactor, Vcvs
from ..errors import DeckError
from ..network import GROUND
from .names import core_nodes, meter_of
from .numbers import num, number

__all__ = [
    "core_law",
    "core_parts",
    "cubic_resistance",
    "read_core_law",
    "read_cubic",
    "read_varactor",
    "varactor_charge",
]

_NUMBER = r"([\d.]+(?:e[+-]?\d+)?)"


def cubic_resistance(cubic: CubicConductance) -> str:
    """Spell v / i, which ngspice takes as the law i = v / r."""
    across = f"v({cubic.a},{cubic.b})"
    return f"1/({num(cubic.g1)}+{num(cubic.g3)}*{across}*{across})"


def read_cubic(name: str, a: str, b: str, law: str) -> CubicConductance:
    """Read what stands behind ``r=`` of a resistor.

    Raises
    ------
    DeckError
        Another law than :func:`cubic_resistance` spells.
    """
    constants = re.match(rf"1/\({_NUMBER}\+{_NUMBER}\*", law.strip("'"))
    if constants:
        cubic = CubicConductance(name, a, b, *map(number, constants.groups()))
        if cubic_resistance(cubic) == law.strip("'"):
            return cubic
    raise DeckError(f"{name!r}: only the law of this package's cubic conductance is read")


def varactor_charge(varactor: Varactor) -> str:
    """Spell q(v); ngspice drops v dC/dt from a C that is an expression, but not from a charge."""
    vj, m = varactor.junction_potential, varactor.grading_coefficient
    v_knee, c_knee, slope = varactor.knee
    across = f"v({varactor.a},{varactor.b})"
    above = f"max({across}-{num(v_knee)},0)"
    return (
        f"{num(varactor.zero_bias_capacitance)}*{num(vj)}/(1-{num(m)})"
        f"*(1-pwr(1-min({across},{num(v_knee)})/{num(vj)},1-{num(m)}))"
        f"+{num(c_knee)}*{above}+{num(slope)}*{above}*{above}/2"
    )


def read_varactor(name: str, a: str, b: str, law: str) -> Varactor:
    """Read what stands behind ``q=`` of a capacitor.

    Raises
    ------
    DeckError
        Another law than :func:`varactor_charge` spells.
    """
    constants = re.match(r"([^*]+)\*([^/]+)/\(1-([^)]+)\)", law.strip("'"))
    if constants:
        varactor = Varactor(name, a, b, *map(number, constants.groups()))
        if varactor_charge(varactor) == law.strip("'"):
            return varactor
    raise DeckError(f"{name!r}: only the charge law of this package's varactor is read")


def core_parts(coil: SaturatingInductor) -> tuple[Inductor, Vcvs, Inductor]:
    """Return the linear elements by which a saturating inductor is written."""
    _, meter = meter_of(coil.name)
    back, flux = core_nodes(coil.name)
    return (
        Inductor(coil.name, coil.a, meter, coil.saturated_inductance),
        Vcvs(f"ei_{coil.name}", back, coil.b, flux, GROUND, 1.0),
        Inductor(f"li_{coil.name}", flux, GROUND, 1.0),
    )


def core_law(coil: SaturatingInductor) -> str:
    """Spell the card that drives the core's flux [Wb] as a current [A]."""
    source, _ = meter_of(coil.name)
    _, flux = core_nodes(coil.name)
    scale = num(coil.saturation_current)
    core = f"({num(coil.initial_inductance)}-{num(coil.saturated_inductance)})"
    return f"bi_{coil.name} {GROUND} {flux} i={scale}*{core}*tanh(i({source})/{scale})"


def read_core_law(card: str) -> tuple[str, float, float, float] | None:
    """Return name, L0, Ls [H] and Is [A] of a saturating inductor; None if the card is of none."""
    law = rf"bi_(\w+) {GROUND} \w+ i={_NUMBER}\*\({_NUMBER}-{_NUMBER}\)\*tanh\(.*"
    found = re.fullmatch(law, card)
    if not found:
        return None
    scale, initial, saturated = map(number, found.groups()[1:])
    return found[1], initial, saturated, scale
