"""The decks in ``tests/decks``, and what their comments say about them.

Below its title a deck has a comment ``* constructs: ...``, of words that the vocabulary holds. One
that must be refused has ``* refused: LINE: TEXT``; ``* not written: NODES`` names nodes that the
network has no place for. What ngspice 39 has no cards for is written out for it, under the same
name, in ``tests/decks/as_ngspice``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CORPUS", "VOCABULARY", "CorpusDeck"]

_FOLDER = Path(__file__).parent / "decks"

_WORDS = """
plain title, star title, dot title, empty title, title like a card
star comment, semicolon comment, dollar comment, slash comment, commented-out element
continuation, comment between continuations, blank lines, indented cards, no end
crlf, tabs, latin-1, utf-8, byte-order mark, mixed case
gnd, node 2^, node n$1, node names, node parentheses, commas, source names
milli M, femto F, meg, mil, tera, 4k7, unit letters, exponent with unit, plus sign
leading dot, trailing dot, latin-1 micro, utf-8 micro
param, several params, dependent parameters, global_param, braces, quotes, bare parameter
functions, ternary, func, param functions, param in subckt
subckt, subckt defaults, params word, nesting, subckt in subckt, subckt chain, unused subckt
source in subckt, global
model R, model C, model L, model D, diode RS, diode CJO, sheet resistance, unused model
model before value, value before model, m, area, tc, quadratic tc, temp, Rser
coupling of two, coupling of three, several couplings, couplings on a line
vcvs, vccs, cccs, ccvs, poly vcvs, poly vccs, poly cccs, poly ccvs, meter source
dc implied, ac bare, ac phase, current source, Norton port, sources in series, hidden node
sin, pulse, pwl, exp, sffm, sin damped, pulse defaults, several keywords, two waveforms
sin without parentheses, pulse without parentheses, pwl without parentheses
exp without parentheses, sffm without parentheses
op, ac dec, ac oct, ac lin, dc, dc nested, tran one, tran two, tran three, tran four
tran zero step, uic, ic card, ic on elements, options, save
print, plot, probe, four, measure, step, pz, sens, noise
control ac, control tran, control op, control dc, control run, comment in control
filter, ladder, matching network, transformer, transmission line, bridge, crystal, tank
rectifier, gyrator, negative impedance, op-amp, amplifier, attenuator, bias point
refused
"""
VOCABULARY = frozenset(re.split(r", |\n", _WORDS.strip()))


@dataclass(frozen=True)
class CorpusDeck:
    """A deck's file, its bytes, and what its comments say."""

    path: Path
    content: bytes

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def constructs(self) -> frozenset[str]:
        known = {word.lower(): word for word in VOCABULARY}
        words = (word.strip() for word in _comment("constructs", self.content).split(","))
        return frozenset(known.get(word.lower(), word) for word in words)

    @property
    def refusal(self) -> tuple[int, str] | None:
        """The line and a piece of the message that it is refused with."""
        line, _, says = _comment("refused", self.content).partition(":")
        return (int(line), says.strip()) if line else None

    @property
    def not_written(self) -> frozenset[str]:
        return frozenset(_comment("not written", self.for_ngspice).split())

    @property
    def for_ngspice(self) -> bytes:
        """What ngspice can run: the deck, or what its author means in ngspice's own cards."""
        other = self.path.parent / "as_ngspice" / self.path.name
        return other.read_bytes() if other.exists() else self.content


def _comment(key: str, content: bytes) -> str:
    found = re.search(rb"(?im)^\*\s*%b:(.*)$" % key.encode(), content)
    return found[1].decode("ascii").strip() if found else ""


CORPUS = tuple(CorpusDeck(path, path.read_bytes()) for path in sorted(_FOLDER.glob("*.cir")))
