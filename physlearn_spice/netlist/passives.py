"""Cards of resistors, inductors and capacitors, with their models, as elements.

A network's values are plain numbers, so that ``m=``, ``scale=``, temperature coefficients and a
model's geometry are worked out as ngspice works them out.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..elements import Capacitor, Element, Inductor, LinearElement, Resistor
from ..errors import DeckError
from .models import AS_IT_STANDS, Context, ElementCard, Model, Temperature
from .numbers import begins_number, is_number, number

__all__ = ["PASSIVE", "passive_elements"]

PASSIVE: dict[str, type[LinearElement]] = {"r": Resistor, "l": Inductor, "c": Capacitor}
_OWN_NAMES = {"r": ("r", "resistance"), "l": ("l", "inductance"), "c": ("c", "cap", "capacitance")}
_FOR_ALL = {"m", "scale", "tc", "tc1", "tc2", "temp", "dtemp"}
_FURTHER = {"r": {"l", "w", "ac", "noisy"}, "l": {"ic", "rser"}, "c": {"ic", "rser", "l", "w"}}
_PARASITIC = {"rpar", "cpar", "lser", "rlshunt"}
_OF_MODEL = {
    "r": {"r", "res", "rsh", "tc1", "tc2", "tnom", "defw", "l", "w", "narrow", "short", "kf", "af"},
    "l": {"ind", "tc1", "tc2", "tnom"},
    "c": {"cap", "cj", "cjsw", "defw", "defl", "narrow", "short", "tc1", "tc2", "tnom"},
}
_LEAST_RESISTANCE = 1e-3  # [Ohm]: what ngspice takes for none
_DEFAULT_SIZE = 10e-6  # [m]: of a resistor whose sheet resistance is told


def passive_elements(card: ElementCard, context: Context) -> list[Element]:
    """Return the element that a card tells, and the resistor of its ``rser=`` behind it.

    Raises
    ------
    DeckError
        Naming the line: no value, two values, a model that is not there, parameters that can't be
        represented.
    """
    letter, where, note = card.name[0], card.line, context.note
    for key in card.parameters:
        if key in _PARASITIC:
            raise DeckError(
                f"{card.name!r}: {key}= is LTspice's, and ngspice refuses it: make it an element "
                "of its own",
                line=where,
            )
    model, told = _model_and_value(card, context.models)
    card.only({*_OWN_NAMES[letter], *_FOR_ALL, *_FURTHER[letter]})
    if model:
        model.only(_OF_MODEL[letter])
    if letter != "r" and model and len(card.words) == 2 and card.words[-1] == model.name:
        note(where, f"{card.name!r}: ngspice wants the model before the value")
    if letter != "r" and "tc" in card.parameters:
        note(where, f"{card.name!r}: ngspice has no tc= here, only tc1= and tc2=")
    nominal = _of_model(card, model) if told is None else told
    if nominal is None:
        raise DeckError(f"{card.name!r} has no value", line=where)
    if letter == "r" and card.value("ac") not in (None, nominal):
        raise DeckError(
            f"{card.name!r}: another resistance for AC can't be represented; {AS_IT_STANDS}",
            line=where,
        )
    value = nominal * _heated(card, model, context.temperature) * card.factor("scale")
    m = card.factor("m")
    value = value * m if letter == "c" else value / m
    if letter == "r" and value == 0:
        note(where, f"{card.name!r} has 0 Ohm, which is {_LEAST_RESISTANCE:g} Ohm to ngspice")
        value = _LEAST_RESISTANCE
    series = card.value("rser")
    if not series:
        return [PASSIVE[letter](card.name, card.a, card.b, value)]
    resistor, middle = context.fresh(f"r{card.name}"), context.fresh(f"{card.name}_r")
    note(where, f"{card.name!r}: rser= is LTspice's, not ngspice's; it is the resistor {resistor}")
    behind = Resistor(resistor, middle, card.b, series)
    return [PASSIVE[letter](card.name, card.a, middle, value), behind]


def _model_and_value(
    card: ElementCard, models: Mapping[str, Model]
) -> tuple[Model | None, float | None]:
    names = [word for word in card.words if not begins_number(word) or word in models]
    told = [number(word, card.line) for word in card.words if word not in names]
    told += [value for key in _OWN_NAMES[card.name[0]] if (value := card.value(key)) is not None]
    if len(told) > 1:
        raise DeckError(f"{card.name!r} has two values: leave one", line=card.line)
    if len(names) > 1:
        raise DeckError(
            f"{card.name!r} is read as 'NAME A B [MODEL] VALUE', not with {' '.join(card.words)!r}",
            line=card.line,
        )
    model = None
    for name in names:
        model = models.get(name)
        if model is None or model.kind not in (card.name[0], "res", "ind", "cap"):
            what = "no model" if model is None else f"a model of kind {model.kind!r}"
            joined = "".join(card.words)
            hint = f"; write {joined} without a blank" if told and is_number(joined) else ""
            raise DeckError(
                f"{card.name!r}: {name!r} is no number, and there is {what} {name!r} for it{hint}",
                line=card.line,
            )
    return model, told[0] if told else None


def _heated(card: ElementCard, model: Model | None, temperature: Temperature) -> float:
    """Return the factor 1 + tc1 dT + tc2 dT^2."""

    def of(key: str) -> float | None:
        own = card.value(key)
        return model.value(key) if own is None and model else own

    first, second = of("tc1") or 0.0, of("tc2") or 0.0
    if both := card.parameters.get("tc"):
        if len(both) > 2:
            raise DeckError(f"{card.name!r}: tc= takes two values", line=card.line)
        first, second = (*(number(text, card.line) for text in both), second)[:2]
    nominal = model.value("tnom") if model else None
    rise = temperature.of(card) - (temperature.nominal if nominal is None else nominal)
    return 1 + first * rise + second * rise * rise


def _of_model(card: ElementCard, model: Model | None) -> float | None:
    """Return the value that a model gives, by itself or by the size of the element."""
    if model is None:
        return None
    match card.name[0]:
        case "r":
            plain = model.value("r") if model.value("r") is not None else model.value("res")
            sheet = model.value("rsh")
            if plain is not None or sheet is None:
                return plain
            # at both ends, but of a capacitor once (39.3)
            short, narrow = (2 * (model.value(key) or 0.0) for key in ("short", "narrow"))
            length = _size(card, "l", short, model.value("l"), _DEFAULT_SIZE)
            own = [model.value(key) for key in model.parameters if key in ("defw", "w")]
            width = _size(card, "w", narrow, *own[-1:], _DEFAULT_SIZE)
            return sheet * length / width if length and width else None
        case "l":
            return model.value("ind")
        case _:
            plain, area = model.value("cap"), model.value("cj")
            short, narrow = (model.value(key) or 0.0 for key in ("short", "narrow"))
            length = _size(card, "l", short)  # whose default, defl, ngspice does not heed (39.3)
            width = _size(card, "w", narrow, model.value("defw"), _DEFAULT_SIZE)
            if plain is not None or area is None or not (length and width):
                return plain
            side = model.value("cjsw") or 0.0
            return area * width * length + side * 2 * (width + length)


def _size(card: ElementCard, key: str, less: float, *defaults: float | None) -> float | None:
    """Return a length or width [m] without what a model takes off; None where it is not told.

    Raises
    ------
    DeckError
        Nothing is left of it.
    """
    told = next((v for v in (card.value(key), *defaults) if v is not None), None)
    if told is None:
        return None
    size = told - less
    if size <= 0:
        raise DeckError(f"{card.name!r}: {key}={told:g} leaves no size, {size:g} m", line=card.line)
    return size
