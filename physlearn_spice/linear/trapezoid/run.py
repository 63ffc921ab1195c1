"""Transients of a linear network: steps of one length by the trapezoidal rule, factored once."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from importlib.metadata import version

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import NetworkError, PhyslearnError
from ...netlist import Deck, Source, Tran, to_spice
from ...network import Network
from ...results import Provenance, Waveforms
from ...stimulus import Stimulus
from ..parts import check_threads
from ..values import element_values
from .passage import Passage
from .shown import PortWaveforms, Shown

__all__ = ["PortWaveforms", "port_transients", "transient", "transients"]

Stimuli = Mapping[str, Stimulus | Sequence[Stimulus]]
"""By port: one for all runs, or one for each."""


def transient(
    network: Network,
    stimuli: Mapping[str, Stimulus],
    *,
    stop: float,
    step: float,
    begin: float = 0.0,
    initial: Mapping[str, float] | None = None,
) -> Waveforms:
    """Follow a linear network through time, as ngspice's trapezoidal rule does at one step length.

    Parameters
    ----------
    network
        Of resistors, inductors and capacitors.
    stimuli
        Of the driven ports, by name, each behind its port's resistance; the other sources are off.
        What several do adds up.
    stop, step, begin
        [s]. There are as many steps, all of one length, as keep them at most ``step`` long.
    initial
        Currents of inductors [A] and voltages of capacitors [V] at ``begin``, by element name and
        from its first to its second node; zero where not given, which is rest. Voltages of sources
        may jump at ``begin``.

    Returns
    -------
    Waveforms
        Voltages of all nodes, currents of inductors, and currents of the ports' sources ``vP``.

    Raises
    ------
    NetworkError
        The network is nonlinear; or a start that is none.
    PhyslearnError
        Times or a stimulus that are none.
    """
    (waveforms,) = transients(network, stimuli, stop=stop, step=step, begin=begin, initial=initial)
    return waveforms


def transients(
    network: Network,
    stimuli: Stimuli,
    *,
    stop: float,
    step: float,
    values: Mapping[str, ArrayLike] | None = None,
    begin: float = 0.0,
    initial: Mapping[str, float] | None = None,
    threads: int = 1,
) -> list[Waveforms]:
    """Return a :func:`transient` for each set of values and stimuli, eight at a time.

    Parameters
    ----------
    values
        By element name, values [Ohm, H, F] that are not the network's own. Their shapes, and the
        numbers of stimuli, broadcast to the shape of the sets, whose order this is.
    threads
        How many share the work.

    Other parameters and errors are those of :func:`transient`; wrong values raise NetworkError.
    """
    job = _Job(network, stimuli, values, (begin, stop, step), initial)
    found = job.run(Shown.everything(network), threads)
    return [
        Waveforms(
            {name: vectors[k] for name, vectors in found.items()}, job.provenance(k), job.time
        )
        for k in range(job.n_runs)
    ]


def port_transients(
    network: Network,
    stimuli: Stimuli,
    *,
    stop: float,
    step: float,
    values: Mapping[str, ArrayLike] | None = None,
    begin: float = 0.0,
    initial: Mapping[str, float] | None = None,
    threads: int = 1,
) -> PortWaveforms:
    """Return :func:`transients` at the ports alone, which takes less memory and time.

    Parameters and errors are those of :func:`transients`.
    """
    job = _Job(network, stimuli, values, (begin, stop, step), initial)
    found = job.run(Shown.ports(network), threads)
    zero = np.zeros((job.n_runs, len(job.time)))

    def shaped(array: NDArray[np.float64]) -> NDArray[np.float64]:
        return array.reshape(*job.sets, len(job.time))

    def node(name: str) -> NDArray[np.float64]:
        return found.get(f"v({name})", zero)

    return PortWaveforms(
        job.time,
        {p.name: shaped(node(p.plus) - node(p.minus)) for p in network.ports},
        {p.name: shaped(-found[f"i(v{p.name})"]) for p in network.ports},
    )


class _Job:
    """What is to be done, one run after the other and one driven port after the other."""

    def __init__(
        self,
        network: Network,
        stimuli: Stimuli,
        values: Mapping[str, ArrayLike] | None,
        times: tuple[float, float, float],
        initial: Mapping[str, float] | None,
    ) -> None:
        for coupling in network.couplings:
            raise NetworkError(
                f"coupling {coupling.name!r}: this engine's coils stand alone; ngspice has to run "
                "this network"
            )
        self.network, self.initial = network, dict(initial or {})
        self.time, self.step = _grid(*times)
        self.stop, self.values = times[1], dict(values or {})
        given = [np.shape(value) for value in self.values.values()]
        counts = [(len(s),) for s in stimuli.values() if isinstance(s, Sequence)]
        self.sets = np.broadcast_shapes(*given, *counts)
        self.n_runs = math.prod(self.sets)
        self.altered = {
            name: np.broadcast_to(np.asarray(value, float), self.sets).ravel()
            for name, value in self.values.items()
        }
        self.stimuli = {
            network.port(name).name: self._each(stimulus) for name, stimulus in stimuli.items()
        } or {network.port().name: [None] * self.n_runs}

    def _each(self, stimulus: Stimulus | Sequence[Stimulus]) -> list[Stimulus | None]:
        if not isinstance(stimulus, Sequence):
            return [stimulus] * self.n_runs
        order = np.broadcast_to(np.arange(len(stimulus)), self.sets).ravel().tolist()
        return [stimulus[k] for k in order]

    def run(self, shown: Shown, threads: int) -> dict[str, NDArray[np.float64]]:
        """Vectors (n_runs, n_time) by name: the sum of what each driven port does."""
        check_threads(threads)
        total: dict[str, NDArray[np.float64]] = {}
        with ThreadPoolExecutor(threads) as pool:  # which starts no thread before it is used
            over = map if threads == 1 else pool.map
            for k, (port, stimuli) in enumerate(self.stimuli.items()):
                values = element_values(self.network, self.values, port)
                values = np.broadcast_to(values, (*self.sets, values.shape[-1]))
                passage = Passage(
                    self.network,
                    port,
                    values.reshape(self.n_runs, -1),
                    {} if k else self.initial,  # what it does by itself comes once
                    self.step,
                    shown,
                )
                source = self._sources(port, stimuli)
                for name, vectors in passage.vectors(source, over).items():
                    total[name] = total[name] + vectors if k else vectors
        return total

    def _sources(self, port: str, stimuli: list[Stimulus | None]) -> NDArray[np.float64]:
        """Voltages [V] (n_runs, n_time) of a source."""
        known: dict[int, NDArray[np.float64]] = {id(None): np.zeros(len(self.time))}
        for stimulus in stimuli:
            if stimulus is not None and id(stimulus) not in known:
                known[id(stimulus)] = stimulus(self.time)
        for voltage in known.values():
            if not np.isfinite(voltage).all():
                raise PhyslearnError(f"the stimulus of port {port!r} is not finite at all times")
        return np.array([known[id(stimulus)] for stimulus in stimuli])

    def provenance(self, run: int) -> Provenance:
        """How one run came about; its deck is what ngspice would be given for it."""
        sources = {port: Source(waveform=each[run]) for port, each in self.stimuli.items()}
        deck = Deck(self.network, (Tran(self.stop, self.step),), sources)
        begin = float(self.time[0])
        notes = [f"the trapezoidal rule at {len(self.time) - 1} steps of {self.step!r} s"]
        if self.initial or begin:
            notes.append(
                f"from {begin!r} s on, with {len(self.initial)} values given to start with"
            )
        return Provenance(
            _engine(),
            to_spice(deck),
            tuple(notes),
            {name: float(value[run]) for name, value in self.altered.items()},
        )


def _grid(begin: float, stop: float, step: float) -> tuple[NDArray[np.float64], float]:
    if not (math.isfinite(begin) and math.isfinite(stop) and begin < stop):
        raise PhyslearnError(f"transient from {begin!r} to {stop!r} s: must begin before it stops")
    if not 0 < step <= (stop - begin) * (1 + 1e-9):
        raise PhyslearnError(
            f"transient from {begin!r} to {stop!r} s in steps of {step!r} s: they must be positive "
            "and not longer than that"
        )
    n = math.ceil((stop - begin) / step * (1 - 1e-9))
    return np.linspace(begin, stop, n + 1), (stop - begin) / n


@cache
def _engine() -> str:
    return f"physlearn_spice {version('physlearn_spice')}, linear engine"
