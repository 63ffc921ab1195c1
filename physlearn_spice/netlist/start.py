"""What a transient starts from."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..elements import Capacitor, Inductor
from ..errors import DeckError
from ..network import Network

__all__ = ["check_start"]


def check_start(
    network: Network, initial: Mapping[str, float], node_voltages: Mapping[str, float]
) -> None:
    """Refuse initial values of what the network has not, or that are none.

    Raises
    ------
    DeckError
        Naming the element or node.
    """
    storing = network.names(Capacitor, Inductor)
    for what, names, given in (
        ("capacitor or inductor", storing, initial),
        ("node", network.nodes[1:], node_voltages),
    ):
        for name, value in given.items():
            if name not in names or not math.isfinite(value):
                raise DeckError(f"initial value {value!r} of {name!r}: no number, or no {what}")
