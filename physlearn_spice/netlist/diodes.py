"""Diode cards with their models: the junction, the resistance before it, the charge beside it."""

from __future__ import annotations

from collections.abc import Mapping

from ..elements import Diode, Element, Resistor, Varactor
from ..errors import DeckError
from .models import AS_IT_STANDS, Context, ElementCard, Model, Temperature
from .numbers import number

__all__ = ["diode_elements"]

_LAW = {"is": "is", "js": "is", "n": "n", "rs": "rs", "area": "area"}
_CHARGE = {"cjo": "cjo", "cj0": "cjo", "cj": "cjo", "vj": "vj", "pb": "vj", "m": "m", "mj": "m"}
_SAME = {**_LAW, **_CHARGE}  # names of one parameter
# what changes nothing at 27 Celsius, is of noise, of what is refused, or of a data sheet
_INERT = {
    *("eg", "xti", "pt", "kf", "af", "tbv", "tbv1", "ibv", "ib", "nbv", "nz"),
    *("trs", "trs1", "trs2"),
    *("cta", "ctc", "ctp", "tcv", "tm1", "tm2", "tvj", "tpb", "ttt1", "ttt2", "tlev", "tlevc"),
    *("nr", "ns", "php", "mjsw", "fcs", "iave", "vpk", "irms", "mfg", "type"),
}
_INERT_AT = {
    **dict.fromkeys(("tt", "isr", "jsw", "isw", "cjsw", "cjp", "ikf", "ikr"), 0.0),
    "level": 1.0,
    "fc": 0.5,
    "tnom": 27.0,
    "tref": 27.0,
}
_ROOM = 27.0


def diode_elements(card: ElementCard, context: Context) -> list[Element]:
    """Return a diode; with the resistor of its RS before it and the varactor of its CJO beside it.

    Raises
    ------
    DeckError
        Naming the line: a model that is not there, parameters that can't be represented, a
        temperature other than 27 Celsius.
    """
    card.only(("area", "m", "temp", "dtemp"))
    model, area = _model_and_area(card, context.models)
    _check_temperature(card, model, context.temperature)
    given = _parameters(model)
    if area:
        context.note(card.line, f"{card.name!r}: ngspice 39 wants the area as area={area}")
    size = number(area, card.line) if area else given.get("area", 1.0)
    if "area" in card.parameters:
        size = card.factor("area")
    factor = size * card.factor("m")
    if factor <= 0:
        raise DeckError(f"{card.name!r}: area={size:g}, must be positive", line=card.line)
    found: list[Element] = []
    anode = card.a
    if given.get("rs"):
        anode = context.fresh(f"{card.name}_r")
        found.append(Resistor(context.fresh(f"r{card.name}"), card.a, anode, given["rs"] / factor))
    current = given.get("is", 1e-14) * factor
    found.append(Diode(card.name, anode, card.b, current, given.get("n", 1.0)))
    if given.get("cjo"):
        if given.get("m", 0.5) > 0.9:
            raise DeckError(f"model {model.name!r}: ngspice limits m to 0.9", line=model.line)
        charge = given["cjo"] * factor, given.get("vj", 1.0), given.get("m", 0.5)
        found.append(Varactor(context.fresh(f"c{card.name}"), anode, card.b, *charge))
    return found


def _model_and_area(card: ElementCard, models: Mapping[str, Model]) -> tuple[Model, str]:
    """Return what stands behind the nodes; "" for no area."""
    name, *rest = card.words or ("",)
    if name not in models or models[name].kind != "d":
        raise DeckError(f"{card.name!r}: there is no model {name!r} of a diode", line=card.line)
    area, *more = [*(word for word in rest if word != "off"), ""]
    if any(more):
        raise DeckError(f"{card.name!r}: {more[0]!r} is one word too many", line=card.line)
    return models[name], area


def _check_temperature(card: ElementCard, model: Model, temperature: Temperature) -> None:
    celsius = temperature.of(card)
    nominal = _ROOM if "tnom" in model.parameters else temperature.nominal
    if (celsius, nominal) != (_ROOM, _ROOM):
        raise DeckError(
            f"{card.name!r} at {celsius:g} Celsius, told at {nominal:g}: a diode's law here is "
            f"that of {_ROOM:g}; {AS_IT_STANDS}",
            line=card.line,
        )


def _parameters(model: Model) -> dict[str, float]:
    """Return the parameters of the law; what can't be represented and is not inert is refused."""
    given: dict[str, float] = {}
    for key, text in model.parameters.items():
        if key in _SAME:
            given[_SAME[key]] = number(text, model.line)
        elif key not in _INERT and (
            key not in _INERT_AT or number(text, model.line) != _INERT_AT[key]
        ):
            raise DeckError(
                f"diode parameter {key!r} is not in the network's law, which has IS, N, RS, CJO, "
                f"VJ, M and AREA; {AS_IT_STANDS}",
                line=model.line,
            )
    return given
