"""Deck to SPICE text: plain exponent floats of full precision, the same text for the same deck.

A port ``p`` becomes the voltage source ``vp`` (which also measures the port's current) behind the
resistor ``rsp``. Further tones of its waveform follow in series as ``vp_1``, ``vp_2``, ...; a
chirp or a sampled signal stands behind it as ``bp`` or ``ap``. SPICE senses currents of voltage
sources only, so a resistor or inductor that controls a source has one of 0 V behind it. A
saturating inductor is five cards, as :mod:`.nonlinear` says.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ..elements import (
    Capacitor,
    Cccs,
    Ccvs,
    ControlledSource,
    CubicConductance,
    Diode,
    Element,
    Inductor,
    LinearElement,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from ..errors import DeckError
from ..files import write_text
from ..network import Network, Port
from ..stimulus import Chirp, Samples
from .ac_sweep import Ac
from .analyses import Analysis, Op, Tran, analysis_command
from .dc_sweep import Dc
from .deck import Deck
from .names import core_nodes, meter_of
from .nonlinear import core_law, core_parts, cubic_resistance, varactor_charge
from .numbers import num
from .options import Options
from .source import Source
from .waveform_cards import series_words, source_values

__all__ = ["save_deck", "side_files", "to_spice"]

_OneCard = LinearElement | Diode | Varactor | CubicConductance | ControlledSource


def to_spice(deck: Deck, analyses: Iterable[Analysis] | None = None) -> str:
    """Return the deck's text, with the given analyses in place of its own.

    Sampled waveforms are read by ngspice from the files of :func:`side_files`, which must lie in
    its working directory.

    Raises
    ------
    DeckError
        AC of a linear network with a chirp or samples: they make the circuit nonlinear for
        ngspice, which then insists on an operating point. An operating point that is not
        determined: a node without a DC path to ground, a loop of inductors and ideal sources.
    """
    todo = tuple(deck.analyses if analyses is None else analyses)
    network = deck.network
    for analysis in todo:
        _check_operating_point(deck, analysis)
    # a title is not always inert: ngspice runs ".include" and "*ng_script", and skips a blank one
    lines = [f"* {deck.title}".rstrip()]
    if network.stubs:
        lines.append(f"* open: {' '.join(network.stubs)}")
    for element in network.elements:
        lines += _cards(element, deck)
    lines += [f"{k.name} {k.first} {k.second} {num(k.coefficient)}" for k in network.couplings]
    lines += _models(network.elements)
    with_waveform = any(isinstance(analysis, Tran) for analysis in todo)
    for port in network.ports:
        lines += _source_cards(port, deck.source(port.name), with_waveform=with_waveform)
    has_behavioural = any(isinstance(s.waveform, Chirp | Samples) for s in deck.sources.values())
    if with_waveform and has_behavioural and any(isinstance(a, Ac) for a in todo):
        raise DeckError("AC and a transient with a chirp or samples: put them into two decks")
    options: dict[str, float | str | None] = {}
    if network.is_linear and any(isinstance(analysis, Ac) for analysis in todo):
        options["noopac"] = None  # the operating point ruins the pivot order of the AC run
    if with_waveform:
        options["method"] = "trap"  # gear invents loss
    options |= deck.options
    if options:
        lines.append(options_card(options))
    if deck.node_voltages:
        voltages = (f"v({node})={num(v)}" for node, v in deck.node_voltages.items())
        lines.append(f".ic {' '.join(voltages)}")
    lines.append(f".save {' '.join(deck.save)}")
    lines += [f".{analysis_command(analysis)}" for analysis in todo]
    return "\n".join([*lines, ".end", ""])


def _check_operating_point(deck: Deck, analysis: Analysis) -> None:
    """Refuse an operating point that ngspice would make up: its fallbacks end in silent nonsense.

    Two inductors in parallel behind 50 Ohm came out with 0.63 of their current, and no error.
    """
    network = deck.network
    match analysis:
        case Op():
            what, at_rest = "an operating point", ""
        case Dc():
            what, at_rest = "a DC sweep", ""
        case Tran(at_rest=False):
            what, at_rest = "a transient from the operating point", "start it at rest, or "
        case Ac() if not network.is_linear:
            what, at_rest = "AC of a nonlinear network", ""
        case _:
            return
    shunted = any(name.lower() == "rshunt" for name in deck.options)
    if network.without_dc_path and not shunted:
        raise DeckError(
            f"{what}: node {network.without_dc_path[0]!r} has no DC path to ground, only "
            f"capacitors; {at_rest}give a resistor or the option rshunt=1e12"
        )
    if network.dc_loop:
        raise DeckError(
            f"{what}: {', '.join(network.dc_loop)} are a loop without resistance, which leaves "
            f"its DC current open; {at_rest}put a resistor into it"
        )


def side_files(deck: Deck) -> dict[str, str]:
    """Return the data files by name that the deck's sampled waveforms need, as text."""
    return {
        _file_name(port): _samples_text(source.waveform)
        for port, source in deck.sources.items()
        if isinstance(source.waveform, Samples)
    }


def save_deck(deck: Deck, path: Path) -> None:
    """Write the deck to ``path`` and its data files beside it."""
    text = to_spice(deck)
    for name, content in side_files(deck).items():
        write_text(path.with_name(name), content)
    write_text(path, text)


def _cards(element: Element, deck: Deck) -> list[str]:
    network, start = deck.network, deck.initial.get(element.name)
    if isinstance(element, SaturatingInductor):
        parts = [_card(part, part.b, network) for part in core_parts(element)]
        source, node = meter_of(element.name)
        back, _ = core_nodes(element.name)
        return [*parts, f"{source} {node} {back} dc 0.0", core_law(element)]
    begins = "" if start is None else f" ic={num(start)}"
    if element.name not in network.metered:
        return [_card(element, element.b, network) + begins]
    source, node = meter_of(element.name)
    return [_card(element, node, network) + begins, f"{source} {node} {element.b} dc 0.0"]


def _card(element: _OneCard, b: str, network: Network) -> str:
    head = f"{element.name} {element.a} {b}"
    match element:
        case Resistor() | Inductor() | Capacitor():
            return f"{head} {num(element.value)}"
        case Diode():
            return f"{head} {_diode_model(element)}"
        case CubicConductance():
            return f"{head} r='{cubic_resistance(element)}'"
        case Varactor():
            return f"{head} q='{varactor_charge(element)}'"
        case Vcvs() | Vccs():
            return f"{head} {element.control_plus} {element.control_minus} {num(element.gain)}"
        case Cccs() | Ccvs():
            control = element.control
            source = meter_of(control)[0] if control in network.metered else control
            return f"{head} {source} {num(element.gain)}"


def _diode_model(diode: Diode) -> str:
    return f"m{diode.name}"


def _models(elements: Iterable[Element]) -> list[str]:
    return [
        f".model {_diode_model(e)} "
        f"d(is={num(e.saturation_current)} n={num(e.emission_coefficient)})"
        for e in elements
        if isinstance(e, Diode)
    ]


def options_card(options: Options) -> str:
    """Spell options; None as a value is a bare flag."""
    entries = (name if value is None else f"{name}={value}" for name, value in options.items())
    return " ".join([".options", *entries])


def _source_cards(port: Port, source: Source, *, with_waveform: bool) -> list[str]:
    p = port.name
    behind = f"port{p}_s" if port.resistance > 0 else port.plus
    cards = [f"rs{p} {behind} {port.plus} {num(port.resistance)}"] if port.resistance > 0 else []
    match source.waveform if with_waveform else None:
        case None:
            return [f"v{p} {behind} {port.minus} {source_values(source)}", *cards]
        case Chirp() as chirp:
            back = f"port{p}_u"
            sine = f"b{p} {back} {port.minus} v={chirp_voltage(chirp)}"
            return [f"v{p} {behind} {back} {source_values(source)}", sine, *cards]
        case Samples():
            back = f"port{p}_u"
            model = (
                f'.model file{p} filesource(file="{_file_name(p)}" amploffset=[0] amplscale=[1])'
            )
            reader = f"a{p} %vd([{back} {port.minus}]) file{p}"
            return [f"v{p} {behind} {back} {source_values(source)}", reader, model, *cards]
        case waveform:
            words = series_words(source, waveform)
            nodes = [behind, *(f"port{p}_{k}" for k in range(1, len(words))), port.minus]
            names = [f"v{p}", *(f"v{p}_{k}" for k in range(1, len(words)))]
            series = zip(names, nodes, nodes[1:], words, strict=False)
            return [*(f"{name} {a} {b} {text}" for name, a, b, text in series), *cards]


def chirp_voltage(chirp: Chirp) -> str:
    """Spell v(t) = A sin(2 pi (f0 t + (f1 - f0) t^2 / (2 T))) for t <= T, and 0 after."""
    f0, f1, duration = chirp.f_start, chirp.f_stop, chirp.duration
    cycles = f"({num(f0)}*time+({num(f1)}-{num(f0)})/2/{num(duration)}*time*time)"
    return f"time<={num(duration)}?{num(chirp.amplitude)}*sin(2*pi*{cycles}):0"


def _file_name(port: str) -> str:
    return f"samples_{port}.txt"  # lower-case: ngspice folds the name


def _samples_text(samples: Samples) -> str:
    time = np.arange(len(samples.values)) / samples.sample_rate
    rows = [f"# sample_rate {num(samples.sample_rate)} {json.dumps(samples.name)}"]
    rows += [
        f"{num(t)} {num(v)}" for t, v in zip(time.tolist(), samples.values.tolist(), strict=True)
    ]
    # the signal ends with its last sample, and the file long after: past the end of its data
    # ngspice reads memory that is not the file's
    rows += [f"{num(math.nextafter(time[-1].item(), math.inf))} 0.0", f"{num(1e30)} 0.0"]
    return "\n".join([*rows, ""])
