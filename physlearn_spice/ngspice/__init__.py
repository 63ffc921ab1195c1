"""The reference engine: ngspice, in this process, in a process of its own, or in many."""

from .batch import simulate_batch
from .in_process import simulate, sweep
from .library import NgspiceMissingError
from .limits import Limits
from .pool import Pool
from .session import Session

__all__ = [
    "Limits",
    "NgspiceMissingError",
    "Pool",
    "Session",
    "simulate",
    "simulate_batch",
    "sweep",
]
