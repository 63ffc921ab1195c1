"""Networks to compare tuners on, of any number of components, drawn at random.

In all of them ln C moves within +-1.2 of where it was drawn, by reflecting bounds, and every
capacitor has a resistor in its branch to feel its own power by.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..elements import Capacitor, Inductor, Resistor
from ..generators import EdgeModel, Fixed, LogUniform, complete
from ..measures import available_at_tones
from ..network import GROUND, Network, Port
from ..stimulus import Tone

__all__ = ["Problem", "coupled_network", "resonator_bank"]

_CENTRE = 50e3  # [Hz]
_INDUCTANCE = 1e-3  # [H]
_BANK_RESISTANCE = 25.0  # [Ohm]: Q = 12.6
_SOURCE_RESISTANCE = 12.0  # [Ohm]


@dataclass(frozen=True)
class Problem:
    """A network to be tuned to tones.

    Parameters
    ----------
    network, tones
        Driven at its first port; peak amplitudes [V].
    movable
        Names of the d capacitors that move.
    available
        Most power [W] that the network could absorb.
    factor
        Values stay between start / factor and start * factor.
    """

    network: Network
    tones: tuple[Tone, ...]
    movable: tuple[str, ...]
    available: float
    factor: float = float(np.exp(1.2))


def resonator_bank(d: int, rng: np.random.Generator) -> Problem:
    """D series resonators side by side on an ideal source of one tone, 1 V peak at 50 kHz.

    R = 25 Ohm, L = 1 mH; branch j is in resonance at ln C_j = its start + a detuning, uniform in
    +-0.8. No branch feels another, and each takes V^2 / (2 R) at best: d of that are available.
    """
    detuning = rng.uniform(-0.8, 0.8, d)
    resonant = 1 / ((2 * np.pi * _CENTRE) ** 2 * _INDUCTANCE)
    elements: list[Resistor | Inductor | Capacitor] = []
    for j, off in enumerate(detuning.tolist()):
        elements += [
            Resistor(f"r{j}", "in", f"a{j}", _BANK_RESISTANCE),
            Inductor(f"l{j}", f"a{j}", f"b{j}", _INDUCTANCE),
            Capacitor(f"c{j}", f"b{j}", GROUND, resonant * float(np.exp(-off))),
        ]
    network = Network(tuple(elements), (Port("1", "in", GROUND),))
    return Problem(
        network,
        (Tone(1.0, _CENTRE),),
        network.names(Capacitor),
        available=d / (2 * _BANK_RESISTANCE),
    )


def coupled_network(n_nodes: int, rng: np.random.Generator) -> Problem:
    """K_n, a series RLC on each of its n (n - 1) / 2 edges, behind 12 Ohm and with three tones.

    R log-uniform in 5 to 20 Ohm, L = 1 mH exp(U(-0.7, 0.7)), each C in resonance with its own L at
    50 kHz; tones of 1 V peak at 50 kHz exp(U(-0.4, 0.4)). Available is the sum of V^2 / (8 Rs),
    which the network may or may not be able to reach. K_7, K_14 and K_25 have 21, 91 and 300 edges.
    """
    edge = EdgeModel(
        resistance=LogUniform(5.0, 20.0),
        inductance=LogUniform(_INDUCTANCE * np.exp(-0.7), _INDUCTANCE * np.exp(0.7)),
        capacitance=Fixed(1e-9),  # resonance replaces it
    )
    drawn = complete(n_nodes, edge=edge, rng=rng, source_resistance=_SOURCE_RESISTANCE)
    movable = drawn.names(Capacitor)
    inductance = drawn.values(drawn.names(Inductor))
    network = drawn.with_values(movable, 1 / ((2 * np.pi * _CENTRE) ** 2 * inductance))
    tones = tuple(Tone(1.0, f) for f in (_CENTRE * np.exp(rng.uniform(-0.4, 0.4, 3))).tolist())
    return Problem(network, tones, movable, available_at_tones(network, tones))
