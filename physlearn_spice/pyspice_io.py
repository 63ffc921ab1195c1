"""Networks to and from PySpice's ``Circuit``, the interchange with other Python tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .elements import CubicConductance, SaturatingInductor, Varactor
from .errors import NetworkError
from .netlist import Deck, Source, read_deck, to_spice
from .network import Network

if TYPE_CHECKING:
    from PySpice.Spice.Netlist import Circuit

__all__ = ["from_circuit", "to_circuit"]


def to_circuit(network: Network, source: Source | None = None) -> Circuit:
    """Return a PySpice circuit of the network, its first port driven by ``source``.

    The circuit is parsed by PySpice from the deck, so names and values are those of the deck;
    sampled waveforms and chirps have no counterpart there.

    Raises
    ------
    NetworkError
        The network has an element whose law is an expression: PySpice's parser reads none.
    """
    from PySpice.Spice.Parser import SpiceParser

    laws = network.names(Varactor, CubicConductance, SaturatingInductor)
    if laws:
        e = network[laws[0]]
        raise NetworkError(f"PySpice's circuits can't hold the law of the {e.kind} {e.name!r}")
    deck = Deck(network, (), {network.port().name: source or Source(ac=1.0)})
    lines = [line for line in to_spice(deck).splitlines() if not line.startswith(".save")]
    return SpiceParser(source="\n".join(map(_as_parsed, lines))).build_circuit()


def _as_parsed(line: str) -> str:
    """Spell a coupling as PySpice's parser does: it looks for the inductor ``L1``, not ``l1``."""
    return re.sub(r" l", " L", line) if line.startswith("k") else line


def from_circuit(circuit: Circuit) -> Network:
    """Read the network of a PySpice circuit of linear elements, diodes and voltage sources.

    Raises
    ------
    DeckError
        The circuit holds what no network can, as :func:`~physlearn_spice.netlist.read_deck` says.
    """
    return read_deck(str(circuit)).network
