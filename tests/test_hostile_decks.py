"""A corpus of hostile and broken decks: each ends in a clear status, and nothing else happens."""

from __future__ import annotations

import os
import pickle
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from physlearn_spice.errors import DeckError, SimulationError, Status
from physlearn_spice.netlist import TextDeck, read_text_deck
from physlearn_spice.ngspice import Limits, Pool, Session, simulate_batch
from physlearn_spice.results import Failure, Outcome
from tests.benches import filter_deck
from tests.hostile_decks import MARKER, Hostile, bench, hostile_decks

LIMITS = Limits(memory=1 << 30, file_size=1 << 26)
TIMEOUT = 1.2  # [s]; a few decks run into it
BY_CHANCE = re.compile("trnoise|trrandom|agauss|seed=random")


def canary(volts: int) -> TextDeck:
    """A deck whose every value depends on its source, and on what decks before it may leave."""
    cards = "d1 b 0 dm\nc1 b 0 1u\nl1 b c 1m\nr3 c 0 5 tc=0.01\nb1 d 0 v=v(b)*2\nr4 d 0 1k"
    text = bench(f"{cards}\n.model dm d(is=1e-14)", ".op\n.ac dec 3 1 1k\n.tran 10u 1m")
    return read_text_deck(text.replace("v1 a 0 1 ac 1", f"v1 a 0 {volts} ac {volts}"))


CANARIES = tuple(canary(volts) for volts in (1, 2, 3, 5, 7))


def bits(outcomes: tuple[Outcome, ...]) -> list[dict[str, bytes]]:
    """The vectors of results, byte for byte."""
    found = []
    for outcome in outcomes:
        assert not isinstance(outcome, Failure), outcome.error
        found.append({name: vector.tobytes() for name, vector in outcome.vectors.items()})
    return found


def said(outcome: Outcome) -> str:
    """Everything that an outcome tells."""
    if isinstance(outcome, Failure):
        return str(outcome.error)
    return " ".join([*outcome.vectors, *outcome.provenance.notes])


def snapshot(folder: Path) -> dict[Path, tuple[int, int, bytes]]:
    """Mode, time and content of all that is in a folder."""
    found = {}
    for path in folder.rglob("*"):
        about = path.lstat()
        content = path.read_bytes() if path.is_file() else b""
        found[path] = about.st_mode, about.st_mtime_ns, content
    return found


def children() -> set[int]:
    """Processes that this one has started and that are still there."""
    found = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == os.getpid():
            found.add(int(stat.parent.name))
    return found


@dataclass(frozen=True)
class Story:
    """What came of the corpus: a deck, what it was read as, and the outcomes of its analyses."""

    ends: list[tuple[Hostile, TextDeck | None, tuple[Outcome, ...]]]
    dead_canaries: list[str]
    left_behind: list[Path]
    orphans: set[int]
    was_read: bool
    before: dict[Path, tuple[int, int, bytes]]
    after: dict[Path, tuple[int, int, bytes]]

    def that_ran(self) -> Iterator[tuple[Hostile, TextDeck, tuple[Outcome, ...]]]:
        for hostile, deck, outcomes in self.ends:
            if deck is not None:
                yield hostile, deck, outcomes


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Path:
    """A folder to attack, one to work in, and one for what is temporary."""
    world = tmp_path_factory.mktemp("world")
    for name in ("target", "work", "temporary"):
        (world / name).mkdir()
    secret = world / "target" / "secret.cir"
    secret.write_text(f"* secret\n{MARKER} a 0 1\n")
    (world / "target" / "link.cir").symlink_to(secret)
    (world / "work" / "secret.cir").write_text(f"{MARKER} a 0 1\n")
    return world


@pytest.fixture(scope="module")
def story(world) -> Story:
    temporary, secret = world / "temporary", world / "target" / "secret.cir"
    own = children()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(world / "work")
        patch.setattr(tempfile, "tempdir", str(temporary))
        with Pool(1, limits=LIMITS) as pool:
            undisturbed = [bits(outcomes) for outcomes in pool.run(CANARIES)]
        before = {p: x for name in ("target", "work") for p, x in snapshot(world / name).items()}
        os.utime(secret, ns=(1, secret.stat().st_mtime_ns))  # reading moves the first of these
        ends = play(hostile_decks(world / "target"), undisturbed)
        was_read = secret.stat().st_atime_ns > 1
        after = {p: x for name in ("target", "work") for p, x in snapshot(world / name).items()}
        return Story(
            [end for end, _ in ends],
            [end[0].name for end, alive in ends if not alive],
            list(temporary.iterdir()),
            children() - own,
            was_read,
            before,
            after,
        )


def play(corpus: list[Hostile], undisturbed: list[list[dict[str, bytes]]]):
    """Run all decks, and after each one a canary; return the ends and whether canaries lived."""
    jobs = []
    with Pool(2, timeout=TIMEOUT, limits=LIMITS) as pool:
        for k, hostile in enumerate(corpus):
            try:
                deck = read_text_deck(hostile.text)
            except DeckError as error:
                jobs.append((hostile, None, (Failure(error),), k, None))
            else:
                runs, song = pool.submit(deck), pool.submit(CANARIES[k % len(CANARIES)])
                jobs.append((hostile, deck, runs, k, song))
        ends = []
        for hostile, deck, runs, k, song in jobs:
            alive = song is None or bits(song.result()) == undisturbed[k % len(CANARIES)]
            outcomes = runs if deck is None else runs.result()
            ends.append(((hostile, deck, outcomes), alive))
    return ends


# --- the corpus ----------------------------------------------------------------------------------


def test_every_deck_ends_in_a_status_that_fits_it(story) -> None:
    counts = Counter(outcomes[0].status.value for _, _, outcomes in story.ends)
    summary = ", ".join(f"{n} {status}" for status, n in counts.most_common())
    print(f"{len(story.ends)} decks: {summary}")
    wrong = [
        f"{hostile.name}: {outcome.status.value}, {said(outcome)[:300]}"
        for hostile, _, outcomes in story.ends
        for outcome in outcomes
        if outcome.status not in hostile.expected
    ]
    assert not wrong, "\n".join([summary, *wrong])
    assert len(story.ends) >= 400
    assert counts.keys() >= {"ok", "refused", "bad deck", "timed out", "out of memory", "crashed"}


def test_every_run_has_its_outcome(story) -> None:
    for hostile, deck, outcomes in story.that_ran():
        assert len(outcomes) == len(deck.kinds), hostile.name


def test_a_refusal_names_the_line_and_the_thing(story) -> None:
    wrong = []
    for hostile, _, (first, *_) in story.ends:
        if not isinstance(first, Failure):
            continue
        line_is_right = hostile.line in (None, first.line)
        if not line_is_right or not re.search(hostile.says, str(first.error)):
            wrong.append(f"{hostile.name}: {first.error}, not line {hostile.line}: {hostile.says}")
    assert not wrong, "\n".join(wrong)


def test_every_failure_says_why_and_what_to_do(story) -> None:
    for hostile, _, outcomes in story.ends:
        for outcome in outcomes:
            if isinstance(outcome, Failure):
                assert len(str(outcome.error)) > 15, hostile.name
                assert len(str(outcome.error)) < 100_000, hostile.name
                assert outcome.status.advice, hostile.name


def test_no_deck_touches_a_file(story, world) -> None:
    assert story.after == story.before
    assert not (world / "target" / "pwned").exists()


def test_no_deck_reads_a_file(story, world) -> None:
    leaks = [h.name for h, _, outcomes in story.ends if any(MARKER in said(o) for o in outcomes)]
    assert not leaks
    assert not story.was_read
    (world / "target" / "secret.cir").read_text()  # which would have been seen, on most systems


def test_nothing_is_left_behind(story) -> None:
    assert story.left_behind == []
    assert story.orphans == set()


def test_no_deck_disturbs_another(story) -> None:
    assert story.dead_canaries == []


def test_no_deck_disturbs_the_one_right_behind_it(story) -> None:
    """In the same worker, unless the deck was its end."""
    decks, n_lost = [], 0
    for hostile, deck, outcomes in story.that_ran():
        # these are the end of a worker, and a new one is slow to start
        lost = {o.status for o in outcomes} & {Status.BAD_DECK, Status.CRASHED, Status.TIMED_OUT}
        n_lost += bool(lost)
        if not lost or (n_lost < 6 and Status.TIMED_OUT not in lost):
            decks.append((hostile.name, deck))
    assert len(decks) > 150
    behind = [canary(11 + k % 5) for k in range(len(decks))]
    with Pool(1, timeout=TIMEOUT, limits=LIMITS) as pool:
        alone = [bits(outcomes) for outcomes in pool.run(behind[:5])]
        pairs = (d for pair in zip(decks, behind, strict=True) for d in (pair[0][1], pair[1]))
        songs = list(pool.run(pairs, fail="return"))[1::2]
    dead = [
        name
        for k, ((name, _), song) in enumerate(zip(decks, songs, strict=True))
        if bits(song) != alone[k % 5]
    ]
    assert not dead


def test_what_runs_gives_the_values_of_a_fresh_process(story) -> None:
    ran = [
        (hostile.name, deck, outcomes)
        for hostile, deck, outcomes in story.that_ran()
        if not any(isinstance(o, Failure) for o in outcomes) and not BY_CHANCE.search(hostile.text)
    ]
    assert len(ran) > 100
    wrong = []
    for name, deck, outcomes in ran[:: len(ran) // 40]:
        try:
            fresh = simulate_batch(deck, timeout=10, limits=LIMITS)
        except DeckError:  # a parameter for a number in its analysis
            continue
        if bits(fresh) != bits(outcomes):
            wrong.append(name)
    assert not wrong


# --- good, bad, run ------------------------------------------------------------------------------

GOOD = bench("r3 b 0 1234", ".op\n.ac dec 2 1 1k")
BAD = {
    "refused when read": "r4 b 0",
    "unknown model": "d3 b 0 nope",
    "unknown subcircuit": "x3 b nope",
    "poison": "r4 b 0 {nope}",
    "malformed source": "b3 c 0\nr4 c 0 1",
    "coupling of 2": ".param p=2\nl3 b 0 1\nl4 c 0 1\nr4 c 0 1\nk1 l3 l4 {p}",
    "loop inside": "x3 b s\n.subckt s a\nv3 a 0 1\nv4 a 0 1\n.ends",
    "nothing to save": ".save v(nope)",
    "without a solution": "b3 c 0 v=v(c)*v(c)+1\nr4 c 0 1k",
    "crash": ".func f(x)={f(x)}\nr4 b 0 {f(1)}",
    "card left out": "e3 c 0 poly(2) a 0 1 2\nr4 c 0 1",
    "transient": ".options reltol=1e-16 abstol=1e-30 vntol=1e-30",
}
LOAD_GOOD_LOAD_BAD_RUN = """
import os, sys
from physlearn_spice.errors import PhyslearnError
from physlearn_spice.netlist import Ac, Op, read_text_deck
from physlearn_spice.ngspice import Session
good, bad = (read_text_deck(text) for text in sys.argv[1:])
session = Session()
session.load(good)
mine = [session.run(a).vectors["v(b)"].tobytes() for a in (Op(), Ac(1, 1e3, 2))]
try:
    session.load(bad)
except PhyslearnError as error:
    print(error)
for analysis in (Op(), Ac(1, 1e3, 2)):
    try:
        theirs = session.run(analysis).vectors["v(b)"].tobytes()
    except PhyslearnError as error:
        print(error)
    else:
        print("the values of the good deck" if theirs in mine else "values of its own")
"""


@pytest.mark.parametrize("name", list(BAD)[1:-1])
def test_after_a_bad_deck_a_session_gives_no_values_of_the_good_one(name, tmp_path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOAD_GOOD_LOAD_BAD_RUN, GOOD, bench(BAD[name])],
        cwd=Path(__file__).parents[1],
        env={**os.environ, "TMPDIR": str(tmp_path)},  # a crash leaves the session's folder
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "the values of the good deck" not in done.stdout
    if name == "crash":
        assert done.returncode < 0
    else:
        assert done.returncode == 0, done.stderr
        assert len(done.stdout.splitlines()) >= 2


def test_after_a_bad_deck_a_pool_gives_no_values_of_the_good_one() -> None:
    """Good and bad by turns, in one worker, the good one each time with another source."""
    with Pool(1, timeout=TIMEOUT, limits=LIMITS) as pool:
        for k, (name, cards) in enumerate(BAD.items()):
            text = GOOD.replace("v1 a 0 1 ac 1", f"v1 a 0 {k + 2} ac {k + 2}")
            (good,) = pool.run([read_text_deck(text)])
            analyses = ".op\n.ac dec 2 1 1k\n.tran 1u 1m" if name == "transient" else ".op"
            try:
                deck = read_text_deck(bench(cards, analyses))
            except DeckError:
                assert name == "refused when read"
                continue
            ((*outcomes,),) = pool.run([deck], fail="return")
            results = [o for o in outcomes if not isinstance(o, Failure)]
            assert len(results) < len(outcomes) or name == "transient", name
            for result in results:
                assert result.voltage("b").tobytes() not in [o.voltage("b").tobytes() for o in good]


def test_every_error_tells_of_its_deck_and_survives_pickling(story) -> None:
    for hostile, deck, outcomes in story.that_ran():
        for outcome in outcomes:
            if isinstance(outcome, Failure) and isinstance(outcome.error, SimulationError):
                copy = pickle.loads(pickle.dumps(outcome.error))
                assert copy.deck == deck.text, hostile.name
                assert (copy.status, copy.line) == (outcome.status, outcome.line)
                assert str(copy) == str(outcome.error)


# --- what the corpus once found ------------------------------------------------------------------


def only_outcomes(text: str) -> tuple[Outcome, ...]:
    with Pool(1, timeout=5, limits=LIMITS) as pool:
        (outcomes,) = pool.run([read_text_deck(text)], fail="return")
    return outcomes


def test_the_verdict_on_a_deck_does_not_hang_on_the_decks_before_it() -> None:
    unused = read_text_deck(bench(".model m d(foo={nope})"))
    conditional = read_text_deck(bench(".if (1)\nr3 b 0 1\n.endif"))
    with Pool(1, timeout=5, limits=LIMITS) as pool:
        (first,), _, (second,) = pool.run([unused, conditional, unused], fail="return")
    assert first.status is second.status


@pytest.mark.parametrize("analysis", [".op", ".tran 1u 10u"])
@pytest.mark.parametrize(
    "cards", ["r3 b 0 -500", "e3 c 0 c 0 1\nr3 c 0 1k", "g3 c 0 b 0 1\nc3 c 0 1n"]
)
def test_an_operating_point_that_is_none_is_an_error(cards, analysis) -> None:
    """Here v(a) is 0 V, at a source of 1 V."""
    session = Session()
    analyses = session.load(read_text_deck(bench(cards, analysis)))
    with pytest.raises(SimulationError):
        session.run(*analyses)


@pytest.mark.parametrize(
    "cards",
    [
        "a1 a c m\nr3 c 0 50\nr4 a 0 1k\n.model m gain(gain=3)",
        "t1 a 0 c 0 z0=50 td=1u\nr3 c 0 50",
        "o1 a 0 c 0 m\nr3 c 0 50\n.model m ltra(r=1 l=1u c=1n len=1)",
    ],
)
def test_devices_whose_letter_begins_a_plot_run_in_subcircuits(cards) -> None:
    """Of their vectors a.x1.a1#..., t.x1.t1#... and o.x1.o1#... none is found."""
    inside = f".subckt s a\n{cards}\n.ends\nx1 b s"
    outcomes = only_outcomes(bench(inside, ".op\n.tran 10u 100u\n.ac dec 2 1 1k"))
    assert [outcome.status for outcome in outcomes] == [Status.OK] * 3


def test_an_unknown_subcircuit_is_named() -> None:
    with pytest.raises(SimulationError, match="nope") as caught:
        Session().load(read_text_deck(bench("x1 b nope")))
    assert caught.value.status is Status.BAD_DECK


@pytest.mark.parametrize("length", [600, 4997])
def test_a_long_title_of_ours_holds_no_card(length, tmp_path) -> None:
    title = "x" * length + f"*#shell touch {tmp_path}/pwned"
    try:
        simulate_batch(filter_deck(title=title))
    finally:
        assert not (tmp_path / "pwned").exists()


def test_the_checks_of_a_transistor_write_nothing_where_the_user_works(
    tmp_path, monkeypatch
) -> None:
    monkeypatch.chdir(tmp_path)
    session = Session()
    model = ".model n nmos level=8 tox=1e-8 paramchk=1"
    for analysis in session.load(read_text_deck(bench(f"m1 b a 0 0 n w=1u l=1u\n{model}"))):
        session.run(analysis)
    assert list(tmp_path.iterdir()) == []


def test_a_node_of_any_name_runs() -> None:
    session = Session()
    deck = read_text_deck(bench("r3 b aborted 1k\nr4 aborted 0 1k", ".tran 1u 10u"))
    session.run(*session.load(deck))


@pytest.mark.parametrize(
    ("cards", "analysis"),
    [
        (".param p=2\nl3 b 0 1\nl4 c 0 1\nr4 c 0 1\nk1 l3 l4 {p}", ".tran 1u 10u uic"),
        ("x1 b s\n.subckt s a\nl3 a 0 1m\nl4 a 0 1m\n.ends", ".op"),
    ],
)
def test_batch_mode_refuses_what_a_session_does(cards, analysis) -> None:
    deck = read_text_deck(bench(cards, analysis))
    with pytest.raises(DeckError):
        Session().load(deck)
    with pytest.raises((DeckError, SimulationError)):
        simulate_batch(deck)
