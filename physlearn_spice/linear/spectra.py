"""Spectra with ngspice's vectors; S-, Y- and Z-parameters of any number of ports."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib.metadata import version

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..elements import Ccvs, Inductor, Vcvs
from ..errors import NetworkError
from ..netlist import Ac, Deck, Source, to_spice
from ..network import GROUND, Network
from ..results import Provenance, Spectrum
from .drive import drive
from .response import Response
from .structure import Others

__all__ = ["admittance_parameters", "impedance_parameters", "scattering_parameters", "sweep"]


def sweep(network: Network, *sweeps: Ac, port: str | None = None, threads: int = 1) -> Spectrum:
    """Spectrum of a linear network at 1 V peak on one port, by frequency, each frequency once.

    It has the vectors of :func:`.ngspice.sweep`: voltages of all nodes, currents of inductors,
    voltage sources and ports, counted as SPICE does.

    Raises
    ------
    NetworkError
        The network is nonlinear: its answer depends on the amplitude.
    SimulationError
        It is singular at a frequency.
    """
    driven = network.port(port)
    frequency = np.unique(np.concatenate([analysis.frequencies for analysis in sweeps]))
    answer = drive(network, frequency, port=driven.name, threads=threads, keep=True)
    vectors = {f"v({n})": answer.voltage(n) for n in network.nodes if n != GROUND}
    vectors |= {f"i({name})": answer.current(name) for name in network.names(Inductor, Vcvs, Ccvs)}
    vectors |= {f"i(v{p.name})": -answer.port_current(p.name) for p in network.ports}
    deck = Deck(network, sweeps, {driven.name: Source(ac=1.0)})
    engine = f"physlearn_spice {version('physlearn_spice')}, linear engine"
    return Spectrum(vectors, Provenance(engine, to_spice(deck)), frequency)


def scattering_parameters(
    network: Network,
    frequency: ArrayLike,
    *,
    reference: float | None = None,
    values: Mapping[str, ArrayLike] | None = None,
    threads: int = 1,
) -> NDArray[np.complex128]:
    """S-parameters (*sets, n_freq, n_ports, n_ports), ports in the network's order.

    S_jk = [j = k] - 2 sqrt(R_j R_k) I_j / E_k: the source E_k behind R_k drives port k, every other
    port ends in its R_j, and I_j enters the network (power waves; Kurokawa, IEEE Trans. MTT 13,
    194, 1965).

    Parameters
    ----------
    reference
        Resistance [Ohm] at all ports; by default each port's own.

    Other parameters and errors are those of :func:`.drive`; and NetworkError where a port's
    resistance is zero.
    """
    if reference is not None:
        ports = tuple(replace(p, resistance=float(reference)) for p in network.ports)
        network = replace(network, ports=ports)
    for p in network.ports:
        if not p.resistance:
            raise NetworkError(f"port {p.name!r} has no resistance: give one as the reference")

    def column(answer: Response) -> list[NDArray[np.complex128]]:
        k = network.port(answer.port)
        return [
            (j == k) - 2 * np.sqrt(j.resistance * k.resistance) * answer.port_current(j.name)
            for j in network.ports
        ]

    return _by_columns(network, frequency, values, threads, "closed", column)


def admittance_parameters(
    network: Network,
    frequency: ArrayLike,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    threads: int = 1,
) -> NDArray[np.complex128]:
    """Y-parameters [S] (*sets, n_freq, n_ports, n_ports): I_j / V_k with the others shorted.

    Parameters and errors are those of :func:`.drive`.
    """

    def column(answer: Response) -> list[NDArray[np.complex128]]:
        across = 1 - answer.resistance * answer.source_current
        return [answer.port_current(j.name) / across for j in network.ports]

    return _by_columns(network, frequency, values, threads, "short", column)


def impedance_parameters(
    network: Network,
    frequency: ArrayLike,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    threads: int = 1,
) -> NDArray[np.complex128]:
    """Z-parameters [Ohm] (*sets, n_freq, n_ports, n_ports): V_j / I_k with the others open.

    Parameters and errors are those of :func:`.drive`; and NetworkError where a port takes no
    current.
    """

    def column(answer: Response) -> list[NDArray[np.complex128]]:
        current = answer.source_current
        if not current.all():
            f = answer.frequency[np.argwhere(current == 0)[0][-1]]
            raise NetworkError(
                f"port {answer.port!r} takes no current at {f:g} Hz while the others are open, and "
                "has no Z-parameters: ask for Y- or S-parameters"
            )
        return [answer.voltage(j.plus, j.minus) / current for j in network.ports]

    return _by_columns(network, frequency, values, threads, "open", column)


def _by_columns(
    network: Network,
    frequency: ArrayLike,
    values: Mapping[str, ArrayLike] | None,
    threads: int,
    others: Others,
    column: Callable[[Response], list[NDArray[np.complex128]]],
) -> NDArray[np.complex128]:
    """Drive each port in turn; what ``column`` makes of each answer are the columns."""
    columns = [
        np.stack(
            column(
                drive(
                    network,
                    frequency,
                    values=values,
                    port=port.name,
                    others=others,
                    threads=threads,
                    keep=True,
                )
            ),
            axis=-1,
        )
        for port in network.ports
    ]
    return np.stack(columns, axis=-1)
