"""20,000 damaged decks: each is read, or refused by name and line; none hangs or crashes."""

from __future__ import annotations

from contextlib import suppress
from random import Random

import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import load_deck, load_text_deck
from tests.corpus import CORPUS
from tests.mutated_decks import N_MUTATED, mutated, wrong

CHUNK = 1000


@pytest.mark.parametrize("first", range(0, N_MUTATED, CHUNK))
def test_a_damaged_deck_is_read_or_refused_with_its_line(first) -> None:
    numbers = range(first, min(first + CHUNK, N_MUTATED))
    faults = {number: fault for number in numbers if (fault := wrong(mutated(number)))}
    assert not faults


def test_a_damaged_deck_is_the_same_each_time() -> None:
    assert [mutated(n) for n in range(20)] == [mutated(n) for n in range(20)]
    assert len({mutated(n) for n in range(500)}) > 490


def test_damaged_files_are_read_or_refused(tmp_path) -> None:
    random = Random(5)
    path = tmp_path / "deck.cir"
    for deck in CORPUS:
        content = bytearray(deck.content)
        for _ in range(random.choice([1, 3, 30])):
            content[random.randrange(len(content))] = random.randrange(256)
        path.write_bytes(content)
        for load in (load_deck, load_text_deck):
            with suppress(DeckError):
                load(path)
