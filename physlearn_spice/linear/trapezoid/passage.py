"""One driven port of a linear network, through time: runs become lanes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...network import Network
from ..compiled import announce
from ..lanes import LANES
from ..structure import structure
from ..values import branch_values
from .at_start import First, first_instant, slope
from .either import room
from .march import Columns, Room, march, plan_of, room_for
from .past import past_of
from .shown import Kept, Reading, Shown, Waves

__all__ = ["Passage"]

_FEW = 3  # fewer runs than this are faster one by one
Map = Callable[[Callable[[int], None], Iterable[int]], Iterable[Any]]


class Passage:
    """What is driven, with what values, from what start, and what of it is shown.

    Parameters
    ----------
    port
        The driven one; the others end in their resistances, or in shorts.
    values
        [Ohm, H, F] of the elements and loads (n_runs, n_elements).
    initial
        As in :func:`physlearn_spice.linear.transient.transient`.
    step
        [s].
    """

    def __init__(
        self,
        network: Network,
        port: str,
        values: NDArray[np.float64],
        initial: Mapping[str, float],
        step: float,
        shown: Shown,
    ) -> None:
        self._structure = structure(network, port)
        self._branches = branch_values(network, self._structure, values)
        self._plan = plan_of(self._structure.program, self._branches)
        self._past = past_of(network, self._structure, initial)
        self._is_at_rest = not any(initial.values())
        self._resistance, self._step = network.port(port).resistance, step
        self._names: list[list[str]] = [[] for _ in range(self._structure.n_branches)]
        for e, b in zip(network.elements, self._structure.branch, strict=False):
            if b >= 0:
                self._names[b].append(e.name)
        self._reading = Reading(
            network,
            network.port(port),
            self._structure,
            values,
            self._branches,
            self._past,
            shown,
        )

    def vectors(self, source: NDArray[np.float64], over: Map) -> dict[str, Waves]:
        """Return what is shown by name, for voltages of the source [V]; both (n_runs, n_time).

        ``over`` maps a function over the first runs of blocks of eight.
        """
        asked = self._reading.columns()
        voltage, current, capacitive = (np.array(k, np.int64) for k in asked)
        sign, current = np.where(current < 0, -1.0, 1.0), np.where(current < 0, ~current, current)
        has_past = np.any(self._branches[0, current, 1:] > 0, axis=-1)
        columns = Columns(voltage, current, sign, capacitive, current[~has_past])
        out = np.empty((len(source), sum(map(len, asked)), source.shape[1]))

        width = 1 if len(source) < _FEW else LANES
        announce(march)

        def block(first: int) -> None:
            runs = np.minimum(np.arange(first, first + width), len(source) - 1)
            self._march(runs, source[runs], columns, out[first : first + width])

        for _ in over(block, range(0, len(source), width)):
            pass

        def waves(which: int) -> Callable[[int], Waves]:
            before = sum(map(len, asked[:which]))
            column = {k: before + at for at, k in enumerate(asked[which])}
            return lambda k: out[:, column[k]]

        found = self._reading.vectors(Kept(waves(0), waves(1), waves(2)))
        return {
            # what no current reaches has one column only
            name: wave if wave.shape == source.shape else np.broadcast_to(wave, source.shape)
            for name, wave in found.items()
        }

    def _march(
        self,
        runs: NDArray[np.int64],
        source: NDArray[np.float64],
        columns: Columns,
        out: NDArray[np.float64],
    ) -> None:
        width = len(runs)
        at = room_for(self._plan, width)
        for lane in range(len(out)):
            self._begin(at, lane, int(runs[lane]), source[lane])
        values = room(3 * self._structure.n_branches, width)
        _lanes(values)[:] = self._branches[runs].reshape(width, -1).T
        driven = room(source.shape[1], width)
        _lanes(driven)[:] = source.T
        march(self._plan, at, values, self._step, driven, self._resistance, columns, out)

    def _begin(self, at: Room, lane: int, run: int, source: NDArray[np.float64]) -> None:
        """Write the first instant of a run to its lane; at rest there is nothing to write."""
        rate = slope(source, self._step)
        if self._is_at_rest and source[0] == 0 and (self._resistance > 0 or rate == 0):
            return
        branches = self._branches[run]
        first = first_instant(
            self._plan.program,
            branches,
            self._past,
            (float(source[0]), rate),
            self._resistance,
            self._names,
        )
        self._write(at, lane, branches, first)

    def _write(self, at: Room, lane: int, branches: NDArray[np.float64], first: First) -> None:
        r, inductance, _ = branches.T
        program, i, v_c = self._plan.program, first.current, self._past.voltage
        voltage = np.append(first.voltage, 0.0)  # the reference is number -1
        across = voltage[program.first] - voltage[program.second]
        n = len(first.voltage)
        _lanes(at.voltage)[: n + 1, lane] = np.append(first.voltage, first.port)
        _lanes(at.current)[:, lane] = i
        _lanes(at.charged)[:, lane] = v_c
        _lanes(at.flowing)[:, lane] = np.where(inductance > 0, across - r * i - v_c, 0.0)


def _lanes(array: NDArray[np.float64]) -> NDArray[np.float64]:
    """See numbers and vectors alike, as (n, width)."""
    return array.reshape(len(array), -1)
