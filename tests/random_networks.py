"""Random networks, sources and decks over all that they may hold, each from a generator."""

from __future__ import annotations

import numpy as np

from physlearn_spice.couplings import Coupling
from physlearn_spice.elements import (
    Capacitor,
    Cccs,
    Ccvs,
    CubicConductance,
    Diode,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from physlearn_spice.netlist import Ac, Analysis, Dc, Deck, Op, Source, Tran
from physlearn_spice.network import GROUND, Network, Port
from physlearn_spice.stimulus import Chirp, Multitone, Samples, Stimulus, Tone


def value(rng: np.random.Generator, low: float = -12.0, high: float = 6.0) -> float:
    """A float with all its digits, between 10^low and 10^high."""
    return float(10 ** rng.uniform(low, high))


def random_network(rng: np.random.Generator, *, linear: bool = False) -> Network:
    """A connected network with loops, parallel elements, open ends and up to three ports."""
    n = int(rng.integers(2, 8))
    # also names of digits only, which hand-written decks love
    nodes = [GROUND, *(f"{('', 'n', 'x_', 'port')[rng.integers(4)]}{k}" for k in range(1, n))]
    pairs = [(nodes[k], nodes[rng.integers(k)]) for k in range(1, n)]
    pairs += [two_of(nodes, rng) for _ in range(rng.integers(8))]
    elements = [
        random_element(k, *(pair if rng.random() < 0.5 else pair[::-1]), rng, linear=linear)
        for k, pair in enumerate(pairs)
    ]
    names = rng.permutation(["1", "in", "2b"])[: rng.integers(1, 4)].tolist()
    ports = [
        # two ideal sources could close a loop
        Port(name, *two_of(nodes, rng), value(rng) if k or rng.random() < 0.5 else 0.0)
        for k, name in enumerate(names)
    ]
    return Network(tuple(elements), tuple(ports))


def two_of(nodes: list[str], rng: np.random.Generator) -> tuple[str, str]:
    first, second = rng.permutation(len(nodes))[:2].tolist()
    return nodes[first], nodes[second]


def random_element(
    k: int, a: str, b: str, rng: np.random.Generator, *, linear: bool = False
) -> Element:
    suffix = ("", "_a", "x")[rng.integers(3)]
    match rng.integers(3 if linear else 7):
        case 0:
            return Resistor(f"r{k}{suffix}", a, b, value(rng))
        case 1:
            return Inductor(f"l{k}{suffix}", a, b, value(rng))
        case 2:
            return Capacitor(f"c{k}{suffix}", a, b, value(rng))
        case 3:
            return Diode(f"d{k}{suffix}", a, b, value(rng, -18, -6), float(rng.uniform(0.5, 3)))
        case 4:
            return CubicConductance(f"r{k}{suffix}", a, b, value(rng), value(rng))
        case 5:
            initial = value(rng)
            saturated = initial * float(rng.uniform(1e-3, 0.999))
            return SaturatingInductor(f"l{k}{suffix}", a, b, initial, saturated, value(rng))
        case _:
            grading = float(10 ** rng.uniform(-6, -1e-6))
            return Varactor(f"c{k}{suffix}", a, b, value(rng), value(rng, -3, 3), grading)


def with_couplings(network: Network, rng: np.random.Generator, most: float = 0.5) -> Network:
    """The network with chains of coupled coils: of three, the ends are not coupled."""
    coils = rng.permutation(network.names(Inductor)).tolist()
    pairs = zip(coils[::2], coils[1::2], strict=False)
    couplings = [
        Coupling(f"k{k}", *pair, float(rng.choice([-1, 1]) * rng.uniform(0.05, most)))
        for k, pair in enumerate(pairs)
    ]
    if len(coils) > 2:
        couplings.append(Coupling("k_third", coils[1], coils[2], float(rng.uniform(0.05, 0.3))))
    return Network(network.elements, network.ports, tuple(couplings))


def with_controlled(network: Network, rng: np.random.Generator, kinds: str = "egfh") -> Network:
    """The network with a controlled source of each of some kinds, of gains that do little harm.

    Voltage sources stand behind a resistor and a node of their own, so that they close no loop.
    """
    nodes = list(network.nodes)
    carriers = [*network.names(Resistor, Inductor), *(f"v{p.name}" for p in network.ports)]
    elements: list[Element] = list(network.elements)
    for kind in kinds:
        name, out = f"{kind}_x", f"x_{kind}"
        a, b = two_of(nodes, rng)
        sign, small = float(rng.choice([-1, 1])), float(rng.uniform(0.1, 0.9))
        control = carriers[rng.integers(len(carriers))]
        match kind:
            case "e":
                elements.append(Vcvs(name, out, b, *two_of(nodes, rng), sign * small))
            case "g":
                elements.append(Vccs(name, a, b, *two_of(nodes, rng), sign * small * 1e-3))
            case "f":
                elements.append(Cccs(name, a, b, control, sign * small))
            case _:
                elements.append(Ccvs(name, out, b, control, sign * small * 100))
        if kind in "eh":
            elements.append(Resistor(f"r_{kind}", out, a, 1e3 * small))
    return Network(tuple(elements), network.ports, network.couplings)


def random_tone(rng: np.random.Generator) -> Tone:
    sign = 1.0 if rng.random() < 0.5 else -1.0
    return Tone(sign * value(rng, -6, 3), value(rng, -3, 9), float(rng.uniform(-10, 10)))


def random_waveform(rng: np.random.Generator, *, tones_only: bool = False) -> Stimulus | None:
    match rng.integers(3 if tones_only else 5):
        case 0:
            return None
        case 1:
            return random_tone(rng)
        case 2:
            return Multitone(tuple(random_tone(rng) for _ in range(rng.integers(2, 6))))
        case 3:
            sign = 1.0 if rng.random() < 0.5 else -1.0
            amplitude, duration = sign * value(rng, -6, 3), value(rng)
            return Chirp(amplitude, value(rng, -9, 9), value(rng, -9, 9), duration)
        case _:
            name = ("", "glass.wav", 'Gläser "nah"\n\u2028')[rng.integers(3)]
            return Samples(rng.standard_normal(rng.integers(2, 20)), value(rng, 0, 6), name)


def random_sweep(rng: np.random.Generator) -> Ac:
    start = value(rng, -3, 8)
    match rng.integers(3):
        case 0:
            return Ac(start, start, 1, "lin")
        case 1:
            return Ac(start, start * value(rng, 0.01, 4), int(rng.integers(3, 200)), "lin")
        case _:
            return Ac(start, start * value(rng, 1, 4), int(rng.integers(1, 200)))


def random_tran(rng: np.random.Generator, *, at_rest: bool) -> Tran:
    stop = value(rng)
    start = float(stop * rng.uniform(0, 0.99)) if rng.random() < 0.5 else 0.0
    return Tran(stop, float(stop * rng.uniform(1e-6, 1)), start, at_rest)


def random_dc(rng: np.random.Generator, network: Network) -> Dc:
    resistors = network.names(Resistor)
    step = value(rng, -6, 6)
    n = int(rng.integers(0, 200))
    if resistors and rng.random() < 0.5:
        start = value(rng, -3, 6)
        return Dc(resistors[0], start, start + n * step, step)
    start = float(rng.normal()) * value(rng, -3, 3)
    step = step if rng.random() < 0.5 else -step
    return Dc(f"v{network.ports[0].name}", start, start + n * step, step)


def random_deck(rng: np.random.Generator) -> Deck:
    """A deck that can be written: chirps and samples without AC, no undetermined DC point.

    Waveforms stand only in decks with a transient: others have no use for them.
    """
    network = random_network(rng, linear=bool(rng.random() < 0.5))
    determined = not (network.without_dc_path or network.dc_loop)
    may_ac = network.is_linear or determined
    analyses: list[Analysis] = []
    for _ in range(rng.integers(1, 4)):
        kind = rng.integers(3)
        if kind == 0 and may_ac:
            analyses.append(random_sweep(rng))
        elif kind == 1 and determined:
            analyses.append(random_dc(rng, network) if rng.random() < 0.5 else Op())
        else:
            analyses.append(random_tran(rng, at_rest=not determined or bool(rng.random() < 0.5)))
    has_ac = any(isinstance(a, Ac) for a in analyses)
    has_tran = any(isinstance(a, Tran) for a in analyses)
    sources = {
        port.name: Source(
            float(rng.normal()) if rng.random() < 0.5 else 0.0,
            value(rng, -3, 3) if has_ac and (k == 0 or rng.random() < 0.5) else 0.0,
            random_waveform(rng, tones_only=has_ac) if has_tran else None,
        )
        for k, port in enumerate(network.ports)
    }
    options = {"reltol": value(rng, -9, -3), "savecurrents": None, "method": "gear", "itl4": 50}
    kept = {name: given for name, given in options.items() if rng.random() < 0.3}
    titles = ("a title", "", "* starred", "*", ".include secret", "*ng_script")
    save = (("all",), ("v(n1)", "i(v1)"))[rng.integers(2)]
    return Deck(network, tuple(analyses), sources, titles[rng.integers(6)], kept, save)
