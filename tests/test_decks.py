"""Decks of the kind that others write: read, written again, and run beside the original."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import Deck, load_deck, to_spice
from physlearn_spice.rawfile import Plot
from tests.batch import batch
from tests.corpus import CORPUS, VOCABULARY, CorpusDeck

READ = [deck for deck in CORPUS if not deck.refusal]
REFUSED = [deck for deck in CORPUS if deck.refusal]
KINDS = {"op": "Operating", "dc": "DC transfer", "ac": "AC", "tran": "Transient"}
SWEPT = {"time", "frequency", "v(v-sweep)", "i(i-sweep)"}
# Nonlinear ones are solved by Newton's iteration. Where its last step is below 1e-8, what is left
# to go is the square of that.
TIGHT = b".options reltol=1e-8 abstol=1e-13 vntol=1e-10 itl1=1000 itl4=1000\n"
# The estimate of a step's error is a matter of its last digits, and would set the clocks apart:
# with all steps as long as the deck allows, both take the same ones, and solve the same equations.
STEADY = b".options trtol=1e12\n"


def by_name(decks: list[CorpusDeck]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("deck", decks, ids=[deck.name for deck in decks])


def test_the_corpus_has_every_construct() -> None:
    used = Counter(word for deck in CORPUS for word in deck.constructs)
    assert used.keys() == VOCABULARY
    assert len(CORPUS) >= 80
    print(f"{len(CORPUS)} decks, {len(VOCABULARY)} constructs")


@by_name(REFUSED)
def test_what_is_refused_names_its_line(deck) -> None:
    line, says = deck.refusal
    with pytest.raises(DeckError) as caught:
        load_deck(deck.path)
    assert caught.value.line == line
    assert says in str(caught.value).lower()


@by_name(READ)
def test_a_deck_gives_ngspice_the_same_results_as_what_is_written_of_it(deck, tmp_path) -> None:
    ours = load_deck(deck.path)
    assert ours.kinds
    written = to_spice(replace(ours, save=("all",))).encode()
    (tmp_path / "ours").mkdir()
    theirs = run(deck.for_ngspice, ours, tmp_path)
    again = run(written, ours, tmp_path / "ours")
    for kind in KINDS:
        expected, found = plots_of(kind, theirs), plots_of(kind, again)
        assert len(found) == len(expected) == ours.kinds.count(kind)
        for plot, same in zip(expected, found, strict=True):
            compare(plot, same, deck, ours)


@by_name([deck for deck in READ if "save" in deck.constructs])
def test_what_a_deck_saves_is_saved(deck, tmp_path) -> None:
    (tmp_path / "ours").mkdir()
    theirs = batch(deck.content, tmp_path)
    again = batch(to_spice(load_deck(deck.path)), tmp_path / "ours")
    for plot, same in zip(theirs, again, strict=True):
        assert set(map(flat, plot.vectors)) == set(same.vectors)


def run(content: bytes, deck: Deck, folder: Path) -> list[Plot]:
    """What ngspice makes of a deck, of which every vector is kept."""
    more = b".save all\n"
    if not deck.network.is_linear:
        more += TIGHT
    elif "ac" in deck.kinds:
        more += b".options noopac\n"  # as the writer does, and for its reason
    if "tran" in deck.kinds:
        more += STEADY
    content = re.sub(rb"(?im)^[ \t]*\.end[ \t\r]*(\n|\Z)", b"", content) + b"\n" + more
    block = re.search(rb"(?ims)^\s*\.control(.*)^\s*\.endc", content)
    if not block or re.search(rb"(?im)^run", block[1]):
        return batch(content, folder)
    own = re.sub(rb"(?im)^\s*(op|ac|dc|tran)\b.*$", rb"\g<0>\nwrite own.raw", block[1])
    content = content.replace(block[1], b"\nset appendwrite" + own)
    return batch(content, folder, "own.raw") if own != block[1] else batch(content, folder)


def plots_of(kind: str, plots: list[Plot]) -> list[Plot]:
    return [plot for plot in plots if plot.name.startswith(KINDS[kind])]


def flat(vector: str, renamed: Mapping[str, str] = MappingProxyType({})) -> str:
    """A vector of ngspice's, by the name that it has in a deck without subcircuits.

    Node ``x1.x2.m`` is ``m_x2_x1``, and the current of ``r.x1.x2.r1`` that of ``r1_x2_x1``.
    """
    kind, _, name = vector.removesuffix(")").partition("(")
    if kind == "v" and name in renamed:
        return f"v({renamed[name]})"
    parts = name.split(".")
    if len(parts) == 1 or not any(part.startswith("x") for part in parts[:-1]):
        return vector
    path = parts[1:] if kind == "i" else parts
    return f"{kind}({'_'.join(reversed(path))})"


def compare(expected: Plot, found: Plot, deck: CorpusDeck, ours: Deck) -> None:
    """To 1e-9 of the largest voltage, or current, at each point."""
    renamed = dict(re.findall(r"node '(.+?)' is called '(.+?)' here", "\n".join(ours.notes)))
    theirs = {flat(name, renamed): v for name, v in expected.vectors.items() if name not in SWEPT}
    nodes = {name for name in theirs if name.startswith("v(")}
    missing = nodes - found.vectors.keys() - {f"v({node})" for node in deck.not_written}
    # a source's own node, between it and its resistance, has the writer's name
    behind = [f"v(port{port.name}_s)" for port in ours.network.ports if port.resistance > 0]
    assert len(missing) <= len(behind), f"not written: {sorted(missing)}"
    axis = next((name for name in ("time", "frequency") if name in expected.vectors), None)
    if axis == "time":
        np.testing.assert_allclose(found.vectors[axis], expected.vectors[axis], 1e-9)
    elif axis:
        np.testing.assert_allclose(found.vectors[axis].real, expected.vectors[axis].real, 1e-12)
    for kind in "vi":
        names = [n for n in theirs if n[0] == kind and n in found.vectors]
        if not names:
            continue
        one, other = (np.array([v[n] for n in names]) for v in (theirs, found.vectors))
        scale = np.abs(one).max(axis=None if axis == "time" else 0)
        worst = np.abs(one - other).max(axis=1)
        assert (np.abs(one - other) <= 1e-9 * scale).all(), dict(zip(names, worst, strict=True))
    for name in missing:
        scale = np.abs(theirs[name]).max()
        gaps = [np.abs(theirs[name] - found.vectors[other]).max() for other in behind]
        assert min(gaps) <= 1e-9 * scale, name
