"""What is asked of a linear network, and the answers put into shape."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, Self, get_args

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhyslearnError
from ..network import Network
from .batches import Answers
from .response import Places, Response
from .structure import Others
from .values import element_values

__all__ = ["Request", "respond"]


class Request:
    """What is to be computed: lanes count through the frequencies of one set, then of the next.

    Nothing is asked before :meth:`at` has told the frequencies.
    """

    frequency: NDArray[np.float64]
    omega: NDArray[np.float64]
    shape: tuple[int, ...]
    n_lanes: int

    def __init__(
        self,
        network: Network,
        values: Mapping[str, ArrayLike] | None,
        port: str | None,
        others: Others,
    ) -> None:
        if others not in get_args(Others):
            raise PhyslearnError(f"others = {others!r}: 'closed', 'short' or 'open'")
        self.network, self.port = network, network.port(port)
        self.others: Others = others
        self.values = element_values(network, values, port, others)
        self.flat = self.values.reshape(-1, self.values.shape[-1])

    def at(self, frequency: ArrayLike) -> Self:
        """Return the request at frequencies [Hz] (n_freq,).

        Raises
        ------
        PhyslearnError
            They are not positive, or not in one row.
        """
        other = copy(self)
        other.frequency = np.atleast_1d(np.asarray(frequency, float))
        wrong = ~(np.isfinite(other.frequency) & (other.frequency > 0))
        if other.frequency.ndim != 1 or wrong.any():
            which = f"{other.frequency[wrong][0]:g} Hz" if wrong.any() else "an array of 2 axes"
            raise PhyslearnError(f"frequencies: {which} in them; must be positive, in one row")
        other.omega = 2 * np.pi * other.frequency
        other.shape = (*self.values.shape[:-1], len(other.frequency))
        other.n_lanes = len(self.flat) * len(other.frequency)
        return other


def respond(
    request: Request, out: Answers, with_care: NDArray[np.bool_], places: Places | None
) -> Response:
    """Put answers into shape; ``places`` where voltages and currents were kept."""
    n, rs = request.n_lanes, request.port.resistance
    across = np.abs(1 / (1 + rs * out.admittance)) ** 2  # |V|^2 at the port
    of_source = 2 * rs * out.admittance_error * np.sqrt(across)

    def relative(error: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(error, of, out=np.zeros(n), where=error > 0)

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(*request.shape, *array.shape[1:])

    with np.errstate(divide="ignore"):
        admittance_error = relative(out.admittance_error, np.abs(out.admittance))
        power_error = relative(out.power_error, out.power) + of_source
    return Response(
        request.network,
        request.port.name,
        request.others,
        request.frequency,
        shaped(out.admittance),
        shaped(admittance_error),
        shaped(out.power * across),
        shaped(power_error),
        shaped(with_care),
        places,
        request.values,
        None if places is None else shaped(out.voltage),
        None if places is None else shaped(out.current),
    )
