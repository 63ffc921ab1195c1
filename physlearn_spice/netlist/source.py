"""What the source of a port does."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import DeckError
from ..stimulus import CardWaveform, Multitone, Stimulus, Sum

__all__ = ["Source"]


@dataclass(frozen=True)
class Source:
    """What a port's source does: ``dc`` [V], ``ac`` amplitude [V peak], ``waveform`` in time.

    In a transient its voltage is offset + waveform(t), where the offset is ``dc`` if it is None,
    and in AC it leads by ``ac_phase`` [rad].
    """

    dc: float = 0.0
    ac: float = 0.0
    waveform: Stimulus | None = None
    ac_phase: float = 0.0
    offset: float | None = None

    def __post_init__(self) -> None:
        if self.offset is not None and not isinstance(
            self.waveform, CardWaveform | Multitone | Sum
        ):
            raise DeckError("an offset besides dc needs a waveform that SPICE has a word for")
