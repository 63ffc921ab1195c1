"""The equations of any linear network as one of its ports sees it: couplings, controlled sources.

Nothing here knows a number. Unknowns and equations share *slots*:

* 0 is the minus node of the driven port (and one node of each part that nothing joins to it); all
  voltages count from there. 1 is the plus node, at 1 V; its equation finds slot 2, the current into
  the port. Then come the other nodes' voltages, and the currents i_b of the branches.
* At each node the currents that leave add up to nothing. Each branch has a law,

      x[plus] - x[minus] = sum of coefficient * (x[probe_plus] - x[probe_minus]) over its terms,

  with its voltage on the left (R, L, C, E, H and what couples coils), or its current (G, F).

Elements in series are one branch, as in :mod:`.structure`. A branch whose current follows from
voltages alone, and which nothing senses, is *eliminated*: its current is no unknown.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...elements import Vccs, Vcvs
from ...errors import NetworkError, SimulationError, Status
from ...network import Network
from ..structure import Others
from .parts import DRIVEN, NOWHERE, Circuit, Part, circuit_of
from .series import Chain, floating_parts, joined_nodes, numbered, series_chains

__all__ = ["ADMITTANCE", "CURRENT", "KEPT", "N_FIXED", "Laws", "Terms", "laws"]

ADMITTANCE, CURRENT, KEPT = range(3)  # how a branch's current is found
N_FIXED = 3  # slots before those of nodes


class Terms(NamedTuple):
    """Terms of the laws, branch by branch; arrays (n_terms,).

    Parameters
    ----------
    start
        First term of each branch, and the end (n_branches + 1,).
    part
        The part in which it arises.
    value
        Column of its value; of a mutual inductance, the coupling's.
    first_coil, second_coil
        Columns of the inductances that a coupling joins, else -1.
    power
        Of j omega in the coefficient: 0, 1, or -1 where the value stands below.
    sign
        Of the coefficient.
    plus, minus
        Slots of the probe.
    """

    start: NDArray[np.int64]
    part: NDArray[np.int64]
    value: NDArray[np.int64]
    first_coil: NDArray[np.int64]
    second_coil: NDArray[np.int64]
    power: NDArray[np.int64]
    sign: NDArray[np.float64]
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Laws:
    """Branches with their laws, and the way back to elements and nodes.

    Parameters
    ----------
    n_nodes
        How many node voltages are unknown.
    first, second
        Slots of the nodes at the ends of each branch (n_branches,).
    plus, minus
        Slots on the left side of each law (n_branches,).
    kind
        How its current is found (n_branches,): ADMITTANCE, CURRENT, or KEPT as an unknown.
    terms
        The right sides.
    parts
        Elements, then loads and sensed shorts.
    branch, way
        Branch of each part, -1 where no current flows; +1 where it points along, else -1.
    slot
        Of each node that has one.
    steps
        To each other node: a node known before, the node, and the part on the way; -1 for none.
    floating
        Nodes that nothing joins to the driven port, with a number for each set of joined ones.
    """

    n_nodes: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    kind: NDArray[np.int64]
    terms: Terms
    parts: tuple[Part, ...]
    branch: NDArray[np.int64]
    way: NDArray[np.int64]
    slot: dict[str, int]
    steps: tuple[tuple[str, str, int], ...]
    floating: dict[str, int]

    @property
    def n_slots(self) -> int:
        """Length of x."""
        return N_FIXED + self.n_nodes + len(self.first)


def laws(network: Network, port: str | None = None, others: Others = "closed") -> Laws:
    """Return the equations of a linear network as one of its ports sees it; cached.

    Raises
    ------
    NetworkError
        The network is nonlinear, or another port shorts the driven one.
    SimulationError
        A source senses a voltage between parts that nothing joins.
    """
    found = _laws(circuit_of(network, port, others))
    for e in network.elements:
        if isinstance(e, Vcvs | Vccs):
            one, other = (found.floating.get(n, 0) for n in (e.control_plus, e.control_minus))
            if one != other:
                raise SimulationError(
                    f"the network is singular: {e.kind} {e.name!r} senses node "
                    f"{e.control_plus!r} against {e.control_minus!r}, and nothing joins the two",
                    status=Status.SINGULAR,
                    advice="join the parts, if only by a large resistance",
                )
    return found


@lru_cache(maxsize=256)
def _laws(circuit: Circuit) -> Laws:
    parts, couplings, first_coupling, driven, shorts = circuit
    ends = [driven, *((p.a, p.b) for p in parts)]
    of_all = joined_nodes(ends, [*shorts, *((p.a, p.b) for p in parts if p.letter == "v")])
    if of_all[driven[0]] == of_all[driven[1]]:
        raise NetworkError("another port without resistance shorts the driven port")
    joined = joined_nodes(ends, shorts)
    top, reference = (joined[node] for node in driven)
    pairs = [(joined[p.a], joined[p.b]) for p in parts]
    floating = floating_parts([*pairs, (top, reference)], top)
    pins = {min(nodes) for nodes in floating}
    sensed = {p.control for p in parts if isinstance(p.control, int)}
    fixed = {top, reference, *pins}
    for p in parts:
        if isinstance(p.control, tuple):
            fixed |= {joined[node] for node in p.control}
    chains = list(series_chains(pairs, [p.letter not in "gfv" for p in parts], fixed))
    coupled = {coil for pair in couplings for coil in pair}
    kinds = [_kind_of([link[0] for link in links], parts, coupled | sensed) for _, links in chains]
    alive = [  # in a loop that hangs at one node, nothing drives a current
        k for k, (start, links) in enumerate(chains) if links[-1][2] != start or kinds[k]
    ]
    nodes = dict.fromkeys(n for start, links in chains for n in (start, links[-1][2]))
    slot = {reference: 0, top: 1} | dict.fromkeys(pins, 0)
    inner = [node for node in nodes if node not in slot]
    slot |= {node: k for k, node in enumerate(inner, N_FIXED)}
    first_current = N_FIXED + len(inner)
    branch, way = np.full(len(parts), -1), np.ones(len(parts), np.int64)
    steps: list[tuple[str, str, int]] = []
    for k, (start, links) in enumerate(chains):
        at = start
        for part, along, after in links:
            way[part] = along
            branch[part] = alive.index(k) if k in alive else -1
            steps.append((at, after, part))
            at = after
        steps.pop()  # the end has a slot
    steps += [(to, node, -1) for node, to in joined.items() if node != to]
    kept = [chains[k] for k in alive]
    kind = np.array([kinds[k] for k in alive], np.int64)
    first = np.array([slot[start] for start, _ in kept], np.int64)
    second = np.array([slot[links[-1][2]] for _, links in kept], np.int64)
    own = first_current + np.arange(len(kept))

    def current(part: int) -> tuple[int, int]:
        """Slots whose difference is the current of a part."""
        if part == DRIVEN:
            return 0, 2  # SPICE's counts from the port's plus through the source
        if part == NOWHERE or branch[part] < 0:
            return 0, 0
        slot_of = int(own[branch[part]])
        return (slot_of, 0) if way[part] > 0 else (0, slot_of)

    return Laws(
        len(inner),
        first,
        second,
        np.where(kind == CURRENT, own, first),
        np.where(kind == CURRENT, 0, second),
        kind,
        _terms(parts, couplings, first_coupling, kept, slot, joined, current),
        parts,
        branch,
        way,
        slot,
        tuple(steps),
        numbered(floating, joined),
    )


def _kind_of(members: Iterable[int], parts: tuple[Part, ...], special: set[int]) -> int:
    """How the current of a branch of these parts is found."""
    members = list(members)
    letters = {parts[k].letter for k in members}
    if letters & {"g", "f"}:
        return CURRENT
    return KEPT if letters & {"e", "h", "v"} or special.intersection(members) else ADMITTANCE


def _terms(
    parts: tuple[Part, ...],
    couplings: tuple[tuple[int, int], ...],
    first_coupling: int,
    chains: list[Chain],
    slot: dict[str, int],
    joined: dict[str, str],
    current: Callable[[int], tuple[int, int]],
) -> Terms:
    mutual: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for k, (one, other) in enumerate(couplings, first_coupling):
        mutual[one].append((other, k))
        mutual[other].append((one, k))
    rows: list[tuple[int, int, int, int, int, int, int, int]] = []
    start = [0]
    for _, links in chains:
        for k, along, _ in links:
            match parts[k]:
                case Part("v"):
                    continue
                case Part("r" | "l" | "c" as letter, value=value):
                    power = {"r": 0, "l": 1, "c": -1}[letter]
                    rows.append((k, value, -1, -1, power, along, *current(k)))
                    for coil, coupling in mutual[k]:
                        pair = value, parts[coil].value
                        rows.append((k, coupling, *pair, 1, along, *current(coil)))
                case Part(control=(str(plus), str(minus)), value=value):
                    probe = slot[joined[plus]], slot[joined[minus]]
                    rows.append((k, value, -1, -1, 0, along, *probe))
                case Part(control=int(control), value=value):
                    rows.append((k, value, -1, -1, 0, along, *current(control)))
                case _:
                    raise AssertionError(parts[k])
        start.append(len(rows))
    columns = np.array(rows, np.int64).reshape(-1, 8).T
    part, value, one, other, power, sign, plus, minus = columns
    return Terms(
        np.array(start, np.int64), part, value, one, other, power, sign.astype(float), plus, minus
    )
