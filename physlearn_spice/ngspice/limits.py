"""What one ngspice process may take of the machine."""

from __future__ import annotations

import resource
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Limits", "allow_cpu", "resident", "signal_name"]


@dataclass(frozen=True)
class Limits:
    """Limits of a process; where the system knows none of a kind, that one does not hold.

    Parameters
    ----------
    memory
        Address space [bytes], beyond what the process starts with.
    file_size
        Largest file that it may write [bytes].
    """

    memory: int = 4 << 30
    file_size: int = 4 << 30

    def apply(self) -> None:
        """Put this process under the limits, for good."""
        _lower(resource.RLIMIT_FSIZE, self.file_size)
        _lower(resource.RLIMIT_CORE, 0)
        used = _address_space()
        if used:
            _lower(resource.RLIMIT_AS, used + self.memory)

    def apply_to(self, pid: int) -> None:
        """Put a process that has just started under the limits, where the system can."""
        if sys.platform == "linux":
            for kind, limit in (
                (resource.RLIMIT_AS, self.memory),
                (resource.RLIMIT_FSIZE, self.file_size),
                (resource.RLIMIT_CORE, 0),
            ):
                limit = _within(limit, resource.prlimit(pid, kind)[1])
                resource.prlimit(pid, kind, (limit, limit))


def allow_cpu(seconds: float) -> None:
    """Let this process use so much more CPU time [s] before the system ends it."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    soft = int(usage.ru_utime + usage.ru_stime + seconds) + 1
    resource.setrlimit(resource.RLIMIT_CPU, (_within(soft, hard), hard))


def signal_name(exit_code: int) -> str:
    """Say how a process ended, from its exit code as :mod:`subprocess` gives it."""
    if exit_code >= 0:
        return f"exit code {exit_code}"
    try:
        return signal.Signals(-exit_code).name
    except ValueError:
        return f"signal {-exit_code}"


def _lower(kind: int, limit: int) -> None:
    limit = _within(limit, resource.getrlimit(kind)[1])
    resource.setrlimit(kind, (limit, limit))


def _within(limit: int, hard: int) -> int:
    """Return a limit that may be set: only the system's administrator raises a hard one."""
    return limit if hard == resource.RLIM_INFINITY else min(limit, hard)


def _address_space() -> int:
    """Address space of this process [bytes]; 0 where the system does not tell."""
    return _memory(0)


def resident() -> int:
    """Resident memory of this process [bytes]; its largest where the system tells no more."""
    return _memory(1) or resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def _memory(column: int) -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[column])
    except OSError:
        return 0
    return pages * resource.getpagesize()
