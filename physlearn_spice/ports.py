"""Where energy comes into a network: pairs of nodes, each with a source behind a resistance."""

from __future__ import annotations

import math
from dataclasses import dataclass

from .errors import NetworkError

__all__ = ["GROUND", "Port"]

GROUND = "0"


@dataclass(frozen=True, slots=True)
class Port:
    """A pair of nodes with a source behind a resistance.

    ``resistance`` Rs [Ohm] belongs to the source: it is not an element of the network, and what
    it dissipates is not absorbed by the network. Rs = 0 is an ideal voltage source.
    """

    name: str
    plus: str
    minus: str = GROUND
    resistance: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.resistance) and self.resistance >= 0):
            raise NetworkError(
                f"port {self.name!r}: resistance = {self.resistance!r}, must be zero or positive"
            )
        if self.plus == self.minus:
            raise NetworkError(f"port {self.name!r}: both ends are on node {self.plus!r}")
        if not (self.name.isascii() and self.name.isalnum()) or self.name != self.name.lower():
            raise NetworkError(f"port {self.name!r}: the name must be lower-case letters, digits")
