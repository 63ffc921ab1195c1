"""Decks run into a folder: what is found, what is kept, and what a second run does."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from physlearn_spice import runs
from physlearn_spice.deck_files import find_decks, open_deck
from physlearn_spice.errors import DeckError, PhyslearnError, Status
from physlearn_spice.files import write_text
from physlearn_spice.netlist import TextDeck, load_deck, to_spice
from physlearn_spice.ngspice import NgspiceMissingError, simulate_batch
from physlearn_spice.rawfile import read_raw
from physlearn_spice.results import OperatingPoint, Result, Spectrum
from physlearn_spice.runs import Run, run_decks

GOOD = "good\nv1 in 0 dc 1 ac 1 sin(1 1 1k)\nr1 in a 50\nl1 a b 1m\nr2 b 0 1k\n.end\n"
OP = GOOD.replace(".end", ".op\n.end")
ALL = GOOD.replace(".end", ".op\n.ac dec 5 1k 1meg\n.tran 10u 2m\n.end")
TEXT = ALL.replace(".op", "e1 c 0 vol='10*v(b)'\nr3 c 0 1\n.op")  # a law is no network
SLOW = GOOD.replace(".end", ".op\n.tran 1u 10 uic\n.end")
REFUSED = OP.replace("r2 b 0 1k", "r2 b 0")
UNKNOWN = OP.replace("r2 b 0 1k", "d1 b 0 nomodel")
SHRUNK = OP.replace("r2 b 0 1k", "r2 b 0 2k")


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder of decks; results go beside it."""
    folder = tmp_path / "decks"
    folder.mkdir()
    return folder


def write(place: Path, **texts: str) -> None:
    for name, text in texts.items():
        (place / f"{name}.cir").write_text(text)


def run(place: Path, **settings: Any) -> dict[str, Run]:
    """What became of the decks, by name without ending."""
    folder = place.parent / "results"
    done = list(run_decks(find_decks([place]), folder, jobs=1, **settings))
    return {each.name.removesuffix(".cir"): each for each in done}


def new(found: dict[str, Run]) -> set[str]:
    """Names of those that were run now."""
    return {name for name, each in found.items() if each.is_new}


def file(place: Path, name: str, ending: str) -> Path:
    return place.parent / "results" / f"{name}.cir.{ending}"


# --- what is found -------------------------------------------------------------------------------


def test_decks_of_a_folder_are_found_by_their_endings_and_in_order(place: Path) -> None:
    for name in ("b.cir", "a.CIR", "c.net", "sub/a.sp", "sub/deeper/ü x.ckt", "z.spice"):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(OP)
    for name in ("notes.txt", "data.json", ".hidden.cir", "._a.cir", ".git/d.cir", "none"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text(OP)
    (place / "folder.cir").mkdir()
    (place / "nowhere.cir").symlink_to(place / "gone.cir")
    found = find_decks([place])
    assert list(found) == ["a.CIR", "b.cir", "c.net", "sub/a.sp", "sub/deeper/ü x.ckt", "z.spice"]
    assert all(found[name] == place / name for name in found)


def test_a_name_does_not_depend_on_what_else_the_folder_has(place: Path) -> None:
    (place / "sub").mkdir()
    (place / "sub" / "a.cir").write_text(OP)
    assert list(find_decks([place])) == ["sub/a.cir"]


def test_decks_of_one_name_in_several_folders_keep_apart(place: Path, monkeypatch) -> None:
    for name in ("one", "two"):
        (place / name).mkdir()
        (place / name / "a.cir").write_text(OP)
    both = {"one/a.cir": place / "one/a.cir", "two/a.cir": place / "two/a.cir"}
    assert find_decks([place / "one", place / "two" / "a.cir"]) == both
    assert find_decks([place / "one", place / "one" / ".." / "two", place / "one/a.cir"]) == both
    monkeypatch.chdir(place / "one")
    assert find_decks([Path(), Path("../two")]) == both


def test_a_link_is_a_deck_of_the_folder_that_it_lies_in(place: Path) -> None:
    write(place, a=OP)
    links = place.parent / "links"
    links.mkdir()
    (links / "b.cir").symlink_to(place / "a.cir")
    assert find_decks([links]) == {"b.cir": links / "b.cir"}
    assert find_decks([links / "b.cir"]) == {"b.cir": links / "b.cir"}


def test_a_given_file_needs_no_ending(place: Path) -> None:
    (place / "deck").write_text(OP)
    assert find_decks([place / "deck"]) == {"deck": place / "deck"}


def test_what_is_no_deck_is_refused_by_its_name(place: Path, monkeypatch) -> None:
    with pytest.raises(DeckError, match=r"'.*decks' has no deck: no file ends in \.cir"):
        find_decks([place])
    with pytest.raises(DeckError, match=r"nowhere\.cir': No such file"):
        find_decks([place / "nowhere.cir"])
    write(place, a=OP)
    with pytest.raises(DeckError, match=r"a\.cir/b\.cir': Not a directory"):
        find_decks([place / "a.cir" / "b.cir"])

    def refuse(path: object) -> None:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(DeckError, match="decks': Permission denied"):
        find_decks([place])


# --- how it is read ------------------------------------------------------------------------------


def test_a_network_is_read_as_one_and_what_is_none_as_text(place: Path) -> None:
    write(place, network=ALL, text=TEXT)
    network = open_deck(place / "network.cir", options={"rshunt": 1e12})
    loaded = load_deck(place / "network.cir")
    assert network == replace(loaded, options={"rshunt": 1e12})
    text = open_deck(place / "text.cir", options={"rshunt": 1e12})
    assert isinstance(text, TextDeck)
    assert "rshunt=1000000000000.0" in text.text
    assert "run as text, being no network: line 6: 'e1' is read as 'e1 A B PLUS" in text.notes[0]


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.cir", REFUSED, "line 5: 'r2' has no value"),
        ("a.cir", GOOD, "no analysis"),
        ("a.cir", OP.replace(".op", ".include m.lib\n.op"), "line 6: '.include' is refused"),
        ("a.json", "{}", "run its deck"),
    ],
)
def test_what_is_neither_is_refused(place: Path, name: str, text: str, message: str) -> None:
    (place / name).write_text(text)
    with pytest.raises(DeckError, match=message):
        open_deck(place / name)


# --- what is kept --------------------------------------------------------------------------------


def axis_of(result: Result) -> np.ndarray:
    assert not isinstance(result, OperatingPoint)
    return result.frequency if isinstance(result, Spectrum) else result.time


def test_raw_files_hold_every_plot_with_the_bits_of_the_other_engine(place: Path) -> None:
    write(place, network=ALL, text=TEXT)
    done = run(place)
    for name in done:
        deck = open_deck(place / f"{name}.cir")
        expected = simulate_batch(deck)
        plots = read_raw(file(place, name, "raw"))
        kinds = ["Operating Point", "AC Analysis", "Transient Analysis"]
        assert [plot.name for plot in plots] == kinds
        for plot, result in zip(plots, expected, strict=True):
            vectors = dict(plot.vectors)
            if not isinstance(result, OperatingPoint):
                axis = next(iter(vectors))
                assert np.array_equal(vectors.pop(axis), axis_of(result))
            assert vectors.keys() == result.vectors.keys()
            for vector, values in result.vectors.items():
                assert vectors[vector].tobytes() == values.tobytes(), vector


def test_records_say_what_became_of_each_analysis(place: Path) -> None:
    write(place, ok=ALL, text=TEXT, refused=REFUSED, unknown=UNKNOWN, slow=SLOW)
    done = run(place, timeout=0.5)
    records = {name: json.loads(file(place, name, "json").read_text()) for name in done}
    for name, record in records.items():
        assert record["format"] == "physlearn-run/1"
        assert (record["name"], record["deck"]) == (f"{name}.cir", str(place / f"{name}.cir"))
        assert tuple(runs.Account(**a) for a in record["accounts"]) == tuple(
            replace(a, log=list(a.log), notes=list(a.notes)) for a in done[name].accounts
        )
    accounts = {name: record["accounts"] for name, record in records.items()}

    assert [(a["analysis"], a["status"]) for a in accounts["ok"]] == [
        ("op", "ok"),
        ("ac", "ok"),
        ("tran", "ok"),
    ]
    text = to_spice(load_deck(place / "ok.cir"))
    for account in accounts["ok"]:
        assert account["engine"].startswith("ngspice-")
        assert account["deck_sha256"] == hashlib.sha256(text.encode()).hexdigest()
    for account in accounts["text"]:
        assert any("'e1' is read as 'e1 A B PLUS" in note for note in account["notes"])
    assert records["ok"]["size"] == file(place, "ok", "raw").stat().st_size

    (refused,) = accounts["refused"]
    assert (refused["analysis"], refused["status"], refused["line"]) == ("deck", "refused", 5)
    assert "'r2' has no value" in refused["message"]
    assert refused["advice"] == Status.REFUSED.advice

    (unknown,) = accounts["unknown"]
    assert (unknown["analysis"], unknown["status"], unknown["line"]) == ("op", "bad deck", 5)
    assert any("nomodel" in line for line in unknown["log"])
    assert "model" in unknown["advice"]

    point, late = accounts["slow"]
    assert (point["status"], late["status"]) == ("ok", "timed out")
    assert late["advice"] == Status.TIMED_OUT.advice
    (plot,) = read_raw(file(place, "slow", "raw"))
    assert plot.name == "Operating Point"
    for name in ("refused", "unknown"):
        assert not file(place, name, "raw").exists()


def test_what_no_raw_file_can_hold_stops_no_other_deck(place: Path) -> None:
    long = "n" * 190  # a name of each level of the hierarchy
    inside = (
        "".join(f".subckt s{k} p\nx{long} p s{k + 1}\n.ends\n" for k in range(2))
        + f".subckt s2 p\nr1 p {long} 1\nr2 {long} 0 1\n.ends\n"
    )
    write(place, a=f"a\nv1 in 0 1\nx{long} in s0\n{inside}.op\n.end\n", b=OP)
    done = run(place)
    (account,) = done["a"].accounts
    assert account.status == "bad deck"
    assert "no raw file can hold" in account.message
    assert not done["b"].failed


# --- what a second run does ----------------------------------------------------------------------


def test_a_second_run_does_only_what_failed(place: Path, monkeypatch) -> None:
    write(place, a=ALL, b=TEXT, bad=REFUSED, unknown=UNKNOWN, slow=SLOW)
    first = run(place, timeout=0.5)
    assert new(first) == {"a", "b", "bad", "unknown", "slow"}
    files = [file(place, name, ending) for name in "ab" for ending in ("raw", "json")]
    before = [path.stat().st_mtime_ns for path in files]
    second = run(place, timeout=0.5)
    assert new(second) == {"bad", "unknown", "slow"}  # the last with one result of two
    assert [path.stat().st_mtime_ns for path in files] == before
    for name in "ab":
        assert replace(second[name], is_new=True) == first[name]
    for name in ("bad", "unknown", "slow"):
        (place / f"{name}.cir").unlink()
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere")  # nothing is left to do for it
    assert new(run(place)) == set()


def test_what_differs_is_run_again(place: Path) -> None:
    included = place / "m.lib"
    included.write_text(".param r=1k\n")
    write(place, a=OP, b=OP, text=OP.replace("r2 b 0 1k", ".include m.lib\nr2 b 0 {r}"))
    settings: dict[str, Any] = {"include_from": place}
    assert new(run(place, **settings)) == {"a", "b", "text"}
    write(place, a=SHRUNK)
    assert new(run(place, **settings)) == {"a"}
    included.write_text(".param r=2k\n")
    assert new(run(place, **settings)) == {"text"}
    settings["options"] = {"rshunt": 1e12}
    assert new(run(place, **settings)) == {"a", "b", "text"}
    for name in ("a", "text"):
        (plot,) = read_raw(file(place, name, "raw"))
        assert plot.vectors["v(b)"] == pytest.approx(2000 / 2050, rel=1e-6)


def _cut(place: Path, name: str) -> None:
    raw = file(place, name, "raw")
    raw.write_bytes(raw.read_bytes()[:-8])


def _edit(change: Callable[[dict[str, Any]], object]) -> Callable[[Path, str], None]:
    def edit(place: Path, name: str) -> None:
        record = json.loads(file(place, name, "json").read_text())
        change(record)
        file(place, name, "json").write_text(json.dumps(record))

    return edit


DAMAGES: dict[str, Callable[[Path, str], object]] = {
    "no raw": lambda place, name: file(place, name, "raw").unlink(),
    "no record": lambda place, name: file(place, name, "json").unlink(),
    "half a raw": _cut,
    "half a record": lambda place, name: file(place, name, "json").write_text('{"format": "p'),
    "no text": lambda place, name: file(place, name, "json").write_bytes(b"\xff\xfe"),
    "a list": lambda place, name: file(place, name, "json").write_text("[]"),
    "null": lambda place, name: file(place, name, "json").write_text("null"),
    "no accounts": _edit(lambda record: record.update(accounts=[])),
    "no mapping": _edit(lambda record: record.update(accounts=[1])),
    "another format": _edit(lambda record: record.update(format="physlearn-run/2")),
    "a word too many": _edit(lambda record: record["accounts"][0].update(colour="red")),
    "a word too few": _edit(lambda record: record.pop("key")),
}


def test_damaged_results_are_made_again(place: Path) -> None:
    names = {damage.replace(" ", "_"): damage for damage in DAMAGES}
    write(place, whole=OP, **dict.fromkeys(names, OP))
    first = run(place)
    assert not any(each.failed for each in first.values())
    for name, damage in names.items():
        DAMAGES[damage](place, name)
    second = run(place)
    assert new(second) == set(names)
    assert {name: replace(each, is_new=True) for name, each in second.items()} == first
    assert new(run(place)) == set()


def test_the_results_of_what_is_broken_now_are_gone(place: Path) -> None:
    write(place, a=ALL, b=ALL)
    run(place)
    write(place, a=REFUSED, b=UNKNOWN)
    done = run(place)
    for name, status in (("a", "refused"), ("b", "bad deck")):
        assert [account.status for account in done[name].failed] == [status]
        assert not file(place, name, "raw").exists()
        assert json.loads(file(place, name, "json").read_text())["size"] == 0


def test_a_result_without_its_account_does_not_count(place: Path, monkeypatch) -> None:
    """Killed between the two files of a changed deck, which then is what it was before."""
    write(place, a=OP)
    run(place)

    def killed(path: Path, text: str) -> None:
        raise KeyboardInterrupt

    write(place, a=SHRUNK)
    monkeypatch.setattr(runs, "write_text", killed)
    with pytest.raises(KeyboardInterrupt):
        run(place)
    monkeypatch.setattr(runs, "write_text", write_text)
    write(place, a=OP)
    assert new(run(place)) == {"a"}
    (plot,) = read_raw(file(place, "a", "raw"))
    assert plot.vectors["v(b)"] == pytest.approx(1000 / 1050, rel=1e-9)


def test_runs_come_as_they_end_and_what_was_there_does_not_wait(place: Path) -> None:
    write(place, b=OP)
    run(place)
    write(place, a=SLOW, c=REFUSED)
    running = run_decks(find_decks([place]), place.parent / "results", jobs=1, timeout=2)
    assert [next(running).name for _ in range(2)] == ["b.cir", "c.cir"]
    running.close()  # ends the worker; nothing of its deck is written
    assert not file(place, "a", "json").exists()


# --- what ends it --------------------------------------------------------------------------------


def test_without_ngspice_it_says_how_to_get_it(place: Path, monkeypatch) -> None:
    write(place, a=OP)
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere")
    with pytest.raises(NgspiceMissingError, match="apt install ngspice"):
        run(place)
    assert not file(place, "a", "json").exists()


def test_a_folder_that_can_not_be_written_ends_it_before_anything_runs(place: Path) -> None:
    write(place, a=OP)
    (place.parent / "results").write_text("precious")
    with pytest.raises(PhyslearnError, match="can't write"):
        run(place)
    assert (place.parent / "results").read_text() == "precious"


@pytest.mark.parametrize("name", ["a", "sub/a"])
def test_a_result_that_can_not_be_written_ends_it(place: Path, name: str) -> None:
    (place / "sub").mkdir()
    write(place, **{name: OP})
    results = place.parent / "results"
    results.mkdir()
    (results / "sub").write_text("a file where a folder belongs")
    (results / "a.cir.json").mkdir()
    with pytest.raises(PhyslearnError, match=rf"can't write '.*{name}\.cir\."):
        run(place)


def test_a_full_disk_ends_it_and_is_not_laid_on_the_deck(place: Path, monkeypatch) -> None:
    def full(results: object, path: Path) -> None:
        raise PhyslearnError(f"can't write {path}") from OSError(28, "No space left on device")

    write(place, a=OP)
    monkeypatch.setattr(runs, "write_raw", full)
    with pytest.raises(PhyslearnError, match="can't write"):
        run(place)
    assert not file(place, "a", "json").exists()
