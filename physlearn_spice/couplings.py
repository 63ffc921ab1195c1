"""Mutual inductance: which coils are coupled, how tightly, and whether any could be so."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import networkx as nx
import numpy as np

from .errors import NetworkError
from .terminals import check_name

__all__ = ["Coupling", "coupled_groups", "least_energy"]


@dataclass(frozen=True, slots=True)
class Coupling:
    """M = k sqrt(L1 L2) [H] between two inductors by name, with 0 < abs(k) < 1.

    Each coil's voltage is L di/dt + M di'/dt, with both currents counted from ``a`` to ``b``:
    SPICE's dot is at ``a``, and a negative ``coefficient`` k turns one coil round.
    """

    letter: ClassVar[str] = "k"
    kind: ClassVar[str] = "coupling"

    name: str
    first: str
    second: str
    coefficient: float

    def __post_init__(self) -> None:
        check_name(self.kind, self.name, self.letter)
        if self.first == self.second:
            raise NetworkError(f"coupling {self.name!r}: couples {self.first!r} with itself")
        if not 0 < abs(self.coefficient) < 1:
            raise NetworkError(
                f"coupling {self.name!r}: coefficient = {self.coefficient!r}, must be between -1 "
                "and 1 and not zero (1 is an ideal transformer, which leaves currents open: take "
                "0.9999)"
            )

    @property
    def pair(self) -> tuple[str, str]:
        """The two inductors, in alphabetical order."""
        return min(self.first, self.second), max(self.first, self.second)

    def mutual(self, first: float, second: float) -> float:
        """Mutual inductance [H] of coils of these inductances [H]."""
        return self.coefficient * math.sqrt(first * second)


def coupled_groups(k_of: Mapping[tuple[str, str], float]) -> list[list[str]]:
    """Return the coils that couplings, by pair, join to groups; each group in order."""
    return [sorted(group) for group in nx.connected_components(nx.Graph(list(k_of)))]


def least_energy(group: list[str], k_of: Mapping[tuple[str, str], float]) -> float:
    """Return the least energy of a group, as the least eigenvalue of its matrix of couplings.

    The currents' energies by themselves add up to one: so it is 1 - abs(k) for a pair, and
    negative where no coils can be.
    """
    row = {coil: k for k, coil in enumerate(group)}
    matrix = np.eye(len(group))
    for (one, other), k in k_of.items():
        if one in row:
            i, j = row[one], row[other]
            matrix[i, j] = matrix[j, i] = k
    return float(np.linalg.eigvalsh(matrix)[0])
