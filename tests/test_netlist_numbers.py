"""Numbers in decks: read as ngspice reads them, or refused where it reads them in part."""

from __future__ import annotations

import re
from contextlib import nullcontext

import numpy as np
import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist.numbers import as_ngspice_reads, number, number_in_part
from tests.batch import voltages
from tests.random_networks import value

SUFFIXES = ["", "t", "g", "meg", "k", "mil", "m", "u", "n", "p", "f"]
TEXTS = [
    *(f"{mantissa}{suffix}" for suffix in SUFFIXES for mantissa in ("1", "2.5", ".5", "3.", "1e3")),
    *(f"1.5{suffix.upper()}{unit}" for suffix in SUFFIXES for unit in ("", "Ohm", "Hz", "Siemens")),
    *("1F", "1Farad", "1M", "1Meg", "10Meg", "1MEGohm", "1mho", "1Mil", "1Mils", "1Volt"),
    *("+5", "1e+3", "1E-3", "1e3k", "2.5E-3Meg", "1meter", "1tera", "1giga", "1x", "007"),
]
IN_PART = {"4k7": 4000.0, "1k5ohm": 1000.0, "1.2.3": 1.2, "1ek": 1000.0, "1e3e3": 1e3}
NO_NUMBERS = [*IN_PART, "", "k", ".", "1,5", "1 k", "--1", "{r}", "nan", "inf", "٣", "0x10"]


def test_numbers_are_read_as_ngspice_reads_them(tmp_path) -> None:
    for text, theirs in zip(TEXTS, voltages(TEXTS, tmp_path), strict=True):
        np.testing.assert_allclose(number(text), theirs, rtol=1e-15, err_msg=text)


@pytest.mark.parametrize("text", ["2A", "1ampere", "1.5e3a"])
def test_what_versions_of_ngspice_read_differently_is_refused(text) -> None:
    """39 takes the letter for a unit, 46 for atto."""
    with pytest.raises(DeckError, match=f"line 7: '{text}'.*leave it out"):
        number(text, 7)


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number_is_refused_with_its_line(text) -> None:
    with pytest.raises(DeckError, match=re.escape(f"line 7: {text!r} is no number")):
        number(text, 7)


def test_ngspice_reads_some_of_them_in_part(tmp_path) -> None:
    np.testing.assert_allclose(voltages(list(IN_PART), tmp_path), list(IN_PART.values()))
    assert [number_in_part(text) for text in IN_PART] == list(IN_PART.values())


def test_what_comes_behind_a_number_is_read_as_ngspice_reads_it(tmp_path) -> None:
    rng = np.random.default_rng(3)
    letters = [*"0123456789.%_#eE", *"tgkmunpfxzTGKMUNPFXZ", "meg", "MIL", "Ohm", "Hz", "e3"]
    texts = [
        *TEXTS,
        "1.019524e+9Ohms",
        "540.00F",
        "10M",
        "5%",
        "1e",
        "1.0e",
        "3_k",
        "1meg5",
        "1mil2",
    ]
    for _ in range(3000):
        begin = str(rng.choice(["1", "2.5", ".5", "3.", "1e3", "47", "1.5e-3", "-2", "+7"]))
        texts.append(begin + "".join(rng.choice(letters, int(rng.integers(0, 4)))))
    texts = [text for text in texts if not re.search(r"[eE]-?[0-9]{3}", text)]  # infinity or 0
    for text, theirs in zip(texts, voltages(texts, tmp_path), strict=True):
        np.testing.assert_allclose(number_in_part(text.lower()), theirs, rtol=1e-15, err_msg=text)


@pytest.mark.parametrize("text", ["", "k7", "2a5", "-", "1e999", "{r}", "1k-3"])
def test_what_begins_with_no_number_is_refused(text) -> None:
    with pytest.raises(DeckError, match=r"^line 7: .*"):
        number_in_part(text, 7)


@pytest.mark.parametrize("text", ["1e999", "-1e999", "1e308k"])
def test_infinity_is_refused(text) -> None:
    with pytest.raises(DeckError, match=f"line 7: '{text}' is too large"):
        number(text, 7)


def test_digits_are_lost_only_by_ngspice_and_as_told(tmp_path) -> None:
    rng = np.random.default_rng(0)
    values = [value(rng, -14, 12) for _ in range(500)]
    values += [float(f"{value(rng, -9, 9):.{k % 4}e}") for k in range(500)]
    read = voltages([repr(v) for v in values], tmp_path)
    assert read == [as_ngspice_reads(v) for v in values]
    assert [number(repr(v)) for v in values] == values
    np.testing.assert_allclose(read, values, rtol=5e-16)  # two units of the last place


def test_exponent_of_any_length_is_an_answer() -> None:
    for text in ("1e" + "9" * 5000, "1e-" + "9" * 9, "9" * 5000):
        with pytest.raises(DeckError) if "-" not in text else nullcontext():
            assert number(text) == 0.0
