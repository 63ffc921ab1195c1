"""Workers hang, crash, are killed and go without notice; no run is lost and no bit changes."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pytest

from physlearn_spice.errors import DeckError, SimulationError, Status
from physlearn_spice.netlist import Deck, Op, Source, TextDeck, Tran, to_spice
from physlearn_spice.ngspice import Limits, NgspiceMissingError, Pool, Session, simulate_batch
from physlearn_spice.ngspice import keeper as keeper_module
from physlearn_spice.ngspice.keeper import Keeper
from physlearn_spice.ngspice.library import executable_version, find_executable
from physlearn_spice.ngspice.messages import Task, Terms
from physlearn_spice.ngspice.process import WorkerProcess
from physlearn_spice.results import Failure, Outcome
from physlearn_spice.stimulus import Samples, Tone
from tests.benches import SWEEP, filter_deck

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks for workers in /proc")
ROOT = Path(__file__).parents[1]
DC = Source(dc=1.0, ac=1.0, waveform=Tone(1.0, 1e5))
HUNGRY = Tran(30.0, 1e-7)  # for 2.4 GB in one piece
IS_39 = executable_version(find_executable()) < "ngspice-4"
EXTERNAL = TextDeck("* one\nv1 a 0 dc 0 external\nr1 a 0 1\n.op\n.end\n", (1, 2, 3, 4, 5))
OVER_0 = "* one\nv1 a 0 1\na3 a c m\nr3 c 0 1\n.model m s_xfer(num_coeff=[1] den_coeff=[0])\n"
CRASH = EXTERNAL if IS_39 else TextDeck(f"{OVER_0}.op\n.end\n", tuple(range(1, 8)))
POISON = TextDeck("* two\nv1 a 0 dc 1\nr1 a 0 {nope}\n.op\n.end\n", (1, 2, 3, 4, 5))
T = TypeVar("T")


def tran_deck(*analyses: Any, r: float = 100.0, save: tuple[str, ...] = ("v(b)",)) -> Deck:
    return filter_deck(r, analyses=analyses, sources={"1": DC}, save=save)


def hanging() -> Deck:
    """A deck that takes minutes."""
    return tran_deck(Tran(3.0, 1e-7))


def bits(outcome: Outcome) -> dict[str, bytes]:
    assert not isinstance(outcome, Failure), outcome.error
    return {name: vector.tobytes() for name, vector in outcome.vectors.items()}


def statuses(outcomes: Iterable[Outcome]) -> list[Status]:
    return [outcome.status for outcome in outcomes]


def workers_in(folder: Path) -> dict[int, Path]:
    """Processes that work below a folder, and each one's own folder there."""
    found: dict[int, Path] = {}
    for cwd in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError, ValueError):
            below = Path(os.readlink(cwd)).relative_to(folder)
            found[int(cwd.parent.name)] = folder / below.parts[0]
    return found


def ready_in(folder: Path) -> list[int]:
    """Those of them that have made their session."""
    return [pid for pid, own in workers_in(folder).items() if any(own.glob("physlearn_*"))]


def soon(what: Callable[[], T], seconds: float = 20.0) -> T:
    """What becomes true before the time is over."""
    end = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)
    return found


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """Where this test's workers live."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def starts(monkeypatch) -> list[WorkerProcess]:
    """The workers that were started, as they come."""
    started: list[WorkerProcess] = []

    class Counted(WorkerProcess):
        def __init__(self, terms: Terms) -> None:
            super().__init__(terms)
            started.append(self)

    monkeypatch.setattr(keeper_module, "WorkerProcess", Counted)
    return started


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2) as shared:
        yield shared


# --- killed --------------------------------------------------------------------------------------


def test_no_run_is_lost_and_no_bit_changes_while_workers_are_killed(folder) -> None:
    rng = np.random.default_rng(1)
    n_kills = 0

    def disturbed(outcomes: Iterable[T]) -> Iterator[T]:
        """Kill a worker that has come up with every 100th outcome, and all when they are idle."""
        nonlocal n_kills
        for k, outcome in enumerate(outcomes):
            yield outcome
            if k % 100 == 50 and (ready := ready_in(folder)):
                os.kill(rng.choice(ready), signal.SIGKILL)
                n_kills += 1
        for pid in workers_in(folder):
            os.kill(pid, signal.SIGKILL)
            n_kills += 1

    decks = [filter_deck(r) for r in rng.uniform(10, 1000, 600)]
    rows = rng.uniform(10, 1000, (800, 1)) * [1.0, 1e-11]
    session = Session()

    def alone(deck: Deck) -> dict[str, bytes]:
        session.load(deck)
        return bits(session.run(SWEEP))

    expected = [alone(deck) for deck in decks]
    session.load(decks[0])
    expected_rows = [bits(spectrum) for spectrum in session.run_many(["r1", "c1"], rows, SWEEP)]
    with Pool(2) as pool:
        assert [bits(one) for (one,) in disturbed(pool.run(decks))] == expected
        completed = dict(disturbed(pool.run_as_completed(decks)))
        assert [bits(*completed[k]) for k in range(len(decks))] == expected
        many = disturbed(pool.run_many(decks[0], ["r1", "c1"], rows, SWEEP))
        assert [bits(one) for one in many] == expected_rows
    assert n_kills > 10


def test_deaths_are_counted_for_each_run_and_not_for_the_task(monkeypatch) -> None:
    """Four crashes in a task of 20 runs, each in another run, are none of these runs' fault."""
    rows, keeper = np.arange(1.0, 21.0)[:, None], Keeper(Terms(Limits(), None), None, 1000)
    whole, crashed = keeper_module._whole, set[int]()

    def crashing(outcome: Outcome, task: Task, number: int, text: str) -> Outcome:
        if number in {2, 7, 12, 17} - crashed:
            crashed.add(number)
            os.kill(keeper._worker._process.pid, signal.SIGSEGV)
        return whole(outcome, task, number, text)

    monkeypatch.setattr(keeper_module, "_whole", crashing)
    outcomes = keeper.carry_out(Task(filter_deck(), SWEEP, ("r1",), rows), 1)
    keeper.release()
    assert statuses(outcomes) == [Status.OK] * 20
    assert [outcome.provenance.altered["r1"] for outcome in outcomes] == list(rows[:, 0])


# --- limits --------------------------------------------------------------------------------------


def test_a_hanging_run_ends_at_its_time_out_and_the_others_go_on() -> None:
    with Pool(2, timeout=1.2) as pool:
        list(pool.run([filter_deck()] * 8))
        begin = time.monotonic()
        came = [
            (number, time.monotonic() - begin, outcomes)
            for number, outcomes in pool.run_as_completed(
                [hanging(), *[filter_deck()] * 20], fail="return"
            )
        ]
    assert sorted(number for number, *_ in came) == list(range(21))
    *others, (number, spent, (late,)) = came
    assert number == 0
    assert 1.2 < spent < 1.2 + 0.5
    assert all(spent < 1.2 and statuses(outcomes) == [Status.OK] for _, spent, outcomes in others)
    assert isinstance(late, Failure)
    assert late.status is Status.TIMED_OUT
    assert "longer than 1.2 s" in str(late.error)
    assert "Reference value" in late.error.log[-1]  # how far it came
    assert late.error.deck == to_spice(hanging())


def test_the_time_out_is_for_a_run_and_not_for_its_task() -> None:
    """20 rows of 0.1 s each stand in one task."""
    with Pool(1, timeout=1.0) as pool:
        rows = np.arange(1.0, 21.0)[:, None]
        begin = time.monotonic()
        outcomes = list(pool.run_many(tran_deck(Tran(3e-3, 1e-7)), ["r1"], rows, Tran(3e-3, 1e-7)))
        assert time.monotonic() - begin > 1.0
    assert statuses(outcomes) == [Status.OK] * 20


def test_a_deck_that_takes_too_long_to_load_fails_in_all_its_rows_at_once() -> None:
    cards = [f"r{k} a 0 1" for k in range(20_000)]
    deck = TextDeck("\n".join(["* t", "v1 a 0 dc 1", *cards, ".op", ".end", ""]))
    with Pool(1, timeout=0.3) as pool:
        begin = time.monotonic()
        outcomes = list(pool.run_many(deck, ["r1"], [[2.0]] * 20, Op(), fail="return"))
        assert time.monotonic() - begin < 5  # and not 20 times 0.3 s and a worker's start
    assert statuses(outcomes) == [Status.TIMED_OUT] * 20


def test_no_memory_for_ngspice_is_a_status_and_the_next_analysis_runs() -> None:
    """ngspice gives up for good there; what comes after it in the same deck is innocent."""
    with Pool(1, timeout=20, limits=Limits(memory=500 << 20)) as pool:
        ((hungry, frugal),) = pool.run([tran_deck(HUNGRY, Tran(1e-5, 1e-7))], fail="return")
        assert isinstance(hungry, Failure)
        assert hungry.status is Status.OUT_OF_MEMORY
        assert "raise the memory limit" in str(hungry.error)
        assert bits(frugal) == bits(next(pool.run([tran_deck(Tran(1e-5, 1e-7))]))[0])


@pytest.mark.parametrize("megabytes", [8, 14])  # too few for the result, for it and its way out
def test_no_memory_for_a_result_is_a_status(megabytes) -> None:
    deck = tran_deck(Tran(0.01, 1e-7), Tran(1e-5, 1e-7), save=("all",))  # 6 MB, 6 kB
    with Pool(1, timeout=20, limits=Limits(memory=megabytes << 20)) as pool:
        ((one, other),) = pool.run([deck], fail="return")
    assert statuses([one, other]) == [Status.OUT_OF_MEMORY, Status.OK]
    assert isinstance(one, Failure)
    assert one.error.deck == to_spice(deck)


def test_a_file_larger_than_allowed_is_not_written() -> None:
    waveform = Samples(np.ones(5000), 1e5)  # 60 kB of text
    deck = filter_deck(analyses=(Tran(1e-4, 1e-6),), sources={"1": Source(waveform=waveform)})
    with Pool(1, limits=Limits(file_size=20_000)) as pool:
        (one,), (other,) = pool.run([deck, filter_deck()], fail="return")
    assert isinstance(one, Failure)
    assert "File too large" in str(one.error)
    assert "file_size" in one.error.advice
    assert one.error.deck == to_spice(deck)
    assert other.status is Status.OK


def test_processor_time_ends_a_run_that_its_parent_can_not() -> None:
    keeper = Keeper(Terms(Limits(), 0.3), None, 1000)
    begin = time.monotonic()
    outcomes = keeper.carry_out(Task(hanging()), 1) + keeper.carry_out(Task(filter_deck()), 2)
    keeper.release()
    assert statuses(outcomes) == [Status.TIMED_OUT, Status.OK]
    assert "SIGXCPU" in str(outcomes[0].error)
    assert time.monotonic() - begin < 10  # the system counts in seconds


# --- the parent's end ----------------------------------------------------------------------------

HEAD = """
from physlearn_spice.ngspice import Pool
from tests.benches import filter_deck
from tests.test_pool import hanging
"""
BUSY = f"""{HEAD}
with Pool(2) as pool:
    for _ in pool.run([hanging()] * 50):
        pass
"""


@contextmanager
def started(
    script: str, folder: Path, *arguments: str, **more: Any
) -> Iterator[subprocess.Popen[str]]:
    """A script that runs with its temporary files in a folder, in a process group of its own."""
    with subprocess.Popen(
        [sys.executable, *(arguments or ["-c", script])],
        env={**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        **more,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def leaves_nothing(folder: Path) -> bool:
    return not workers_in(folder) and not list(folder.glob("physlearn_*"))


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("when", [workers_in, ready_in])
def test_workers_and_their_folders_go_with_their_parent(ending, when, tmp_path) -> None:
    """While they start, and in the midst of a long call into the library."""
    with started(BUSY, tmp_path) as parent:
        soon(lambda: len(when(tmp_path)) == 2)
        time.sleep(0.1)
        begin = time.monotonic()
        os.killpg(parent.pid, ending)
        said = parent.communicate(timeout=20)
        # killed while they start, they notice when they have imported what they need
        soon(lambda: leaves_nothing(tmp_path), 2.0)
        assert time.monotonic() - begin < 2.0
    assert parent.returncode == -ending
    assert said[0] == ""
    assert said[1].endswith("KeyboardInterrupt\n") == (ending is signal.SIGINT)


def test_a_script_may_end_without_closing_its_pool(tmp_path) -> None:
    script = f"{HEAD}\npool = Pool(2)\nfuture = pool.submit(hanging())\n" + (
        "print(*[len(one) for one in pool.run([filter_deck()] * 3)])"
    )
    with started(script, tmp_path) as parent:
        assert parent.communicate(timeout=20) == ("1 1 1\n", "")
    assert parent.returncode == 0
    soon(lambda: leaves_nothing(tmp_path), 1.0)


def test_a_script_with_an_error_ends(tmp_path) -> None:
    with started(
        f"{BUSY.replace('pass', '')}        1 / 0".replace("hanging()", "filter_deck()"), tmp_path
    ) as parent:
        assert parent.communicate(timeout=20)[1].endswith("ZeroDivisionError: division by zero\n")
    assert leaves_nothing(tmp_path)


@pytest.mark.parametrize("way", ["file", "stdin", "command", "cell"])
def test_a_script_needs_no_main_guard_and_is_found_in_its_folder(way, tmp_path) -> None:
    """Workers import what the parent can, also from its working folder, and never the script."""
    (tmp_path / "mine.py").write_text(
        "from physlearn_spice.netlist import Deck\nclass Mine(Deck):\n    pass\n"
    )
    script = f"""{HEAD}
import mine
deck = filter_deck()
deck = mine.Mine(deck.network, deck.analyses, deck.sources)
with Pool(1) as pool:
    print(*[outcome.status.name for (outcome,) in pool.run([deck] * 3)])
"""
    (tmp_path / "script.py").write_text(script)
    cell = f"exec(compile({script!r}, '<cell>', 'exec'), {{'__name__': '__main__'}})"
    arguments = {"file": ["script.py"], "stdin": ["-"], "command": [], "cell": ["-c", cell]}[way]
    with started(script, tmp_path, *arguments, cwd=tmp_path, stdin=subprocess.PIPE) as parent:
        said = parent.communicate(script if way == "stdin" else "", timeout=20)
    assert said == ("OK OK OK\n", "")


def test_the_parent_never_loads_the_library(tmp_path) -> None:
    script = f"""{HEAD}
import sys
from pathlib import Path
with Pool(1) as pool:
    list(pool.run([filter_deck()]))
print("ngspice" in Path("/proc/self/maps").read_text(), "PySpice" in sys.modules)
"""
    with started(script, tmp_path) as parent:
        assert parent.communicate(timeout=20) == ("False False\n", "")


# --- failures ------------------------------------------------------------------------------------


def test_raise_gives_the_first_failure_and_cancels_the_rest(pool) -> None:
    slow = tran_deck(Tran(6e-3, 1e-7))  # 0.2 s
    n_built = 0

    def decks() -> Iterator[Deck | TextDeck]:
        nonlocal n_built
        for deck in [filter_deck(), POISON, CRASH, *[slow] * 100]:
            n_built += 1
            yield deck

    outcomes = pool.run(decks())
    assert statuses(next(outcomes)) == [Status.OK]
    with pytest.raises(SimulationError, match="did not take the deck") as error:
        next(outcomes)
    assert error.value.status is Status.BAD_DECK
    assert error.value.deck == POISON.text
    assert "nope" in " ".join(error.value.log)
    assert next(outcomes, None) is None
    begin = time.monotonic()
    next(pool.run([filter_deck()]))
    assert time.monotonic() - begin < 2  # of the 6 s that what was asked ahead would take
    assert n_built < 40


def test_raise_gives_the_rows_before_the_one_that_fails(pool) -> None:
    rows = [[1.0], [2.0], [np.nan], [4.0]]
    spectra = pool.run_many(filter_deck(), ["r1"], rows, SWEEP)
    assert [next(spectra).provenance.altered["r1"] for _ in range(2)] == [1.0, 2.0]
    with pytest.raises(DeckError, match="'r1' = nan"):
        next(spectra)


def test_return_gives_failures_in_their_place(pool) -> None:
    decks = [filter_deck(), POISON, filter_deck(analyses=(SWEEP, SWEEP)), CRASH, filter_deck()]
    outcomes = [statuses(some) for some in pool.run(decks, fail="return")]
    ok, bad = Status.OK, Status.BAD_DECK
    assert outcomes == [[ok], [bad], [ok, ok], [Status.CRASHED], [ok]]
    completed = dict(pool.run_as_completed(decks, fail="return"))
    assert [statuses(completed[k]) for k in range(5)] == outcomes


def test_one_analysis_may_fail_between_two_that_do_not() -> None:
    deck = tran_deck(SWEEP, Tran(3.0, 1e-7), Op())
    with Pool(1, timeout=0.5) as pool:
        ((first, late, last),) = pool.run([deck], fail="return")
        assert [first.status, late.status, last.status] == [Status.OK, Status.TIMED_OUT, Status.OK]
        assert bits(first) == bits(simulate_batch(tran_deck(SWEEP))[0])


def test_bad_rows_fail_by_themselves(pool) -> None:
    rows = np.arange(1.0, 51.0)[:, None]
    rows[[0, 23, 49], 0] = np.nan, -1.0, 0.0
    outcomes = list(pool.run_many(filter_deck(), ["r1"], rows, SWEEP, fail="return"))
    refused = [k for k, outcome in enumerate(outcomes) if outcome.status is Status.REFUSED]
    assert refused == [0, 23, 49]
    session = Session()
    session.load(filter_deck())
    for row, outcome in zip(rows, outcomes, strict=True):
        if not isinstance(outcome, Failure):
            session.alter(["r1"], row)
            assert bits(outcome) == bits(session.run(SWEEP))


def test_unknown_names_and_wrong_analyses_fail_in_each_row(pool) -> None:
    for name, analysis in [("r7", SWEEP), ("r1", Tran(1e-5, 1e-7))]:
        outcomes = pool.run_many(filter_deck(), [name], [[1.0]] * 30, analysis, fail="return")
        assert statuses(outcomes) == [Status.REFUSED] * 30
    with pytest.raises(SimulationError, match="can't alter 'r7'") as error:
        next(pool.run_many(filter_deck(), ["r7"], [[1.0]], SWEEP))
    assert error.value.deck == to_spice(filter_deck())


def test_a_deck_that_is_refused_fails_in_each_analysis(pool) -> None:
    loop = TextDeck("* t\nv1 a 0 dc 1\nv2 a 0 dc 1\n.op\n.op\n.end\n", (1, 2, 3, 4, 5, 6))
    ((one, other),) = pool.run([loop], fail="return")
    assert isinstance(one, Failure)
    assert one.status is other.status is Status.REFUSED
    assert "voltage-source loop" in str(one.error)


# --- crashes and poison --------------------------------------------------------------------------


def test_a_poisoned_worker_is_replaced_and_the_next_deck_gets_right_bits(starts) -> None:
    with Pool(1) as pool:
        decks = [filter_deck(50.0), POISON, filter_deck(70.0), filter_deck(50.0)]
        (first,), (bad,), (next_one,), (last,) = pool.run(decks, fail="return")
    assert bad.status is Status.BAD_DECK
    assert len(starts) == 2
    assert bits(first) == bits(last)
    assert bits(next_one) == bits(simulate_batch(filter_deck(70.0))[0])


def test_a_deck_that_crashes_ngspice_is_tried_twice_and_told(starts) -> None:
    with Pool(1) as pool:
        (first,), (crashed,), (last,) = pool.run(
            [filter_deck(), CRASH, filter_deck()], fail="return"
        )
    assert isinstance(crashed, Failure)
    assert crashed.status is Status.CRASHED
    assert "SIGSEGV" in str(crashed.error)
    assert crashed.error.deck == CRASH.text
    assert bits(first) == bits(last)
    assert len(starts) == 3  # the first two try it


def test_a_crash_in_the_midst_of_a_run_comes_with_the_last_lines(starts) -> None:
    with Pool(1) as pool:
        future = pool.submit(hanging())
        for n in (1, 2):
            soon(lambda n=n: len(starts) == n)
            pid = starts[-1]._process.pid
            soon(lambda pid=pid: "Reference" in Path(f"/proc/{pid}/fd/2").read_text())
            os.kill(pid, signal.SIGSEGV)
        (crashed,) = future.result(10)
    assert isinstance(crashed, Failure)
    assert crashed.status is Status.CRASHED
    assert "SIGSEGV" in str(crashed.error)
    assert "Reference value" in crashed.error.log[-1]


def test_a_deck_that_a_worker_can_not_read_is_told(tmp_path) -> None:
    """Its class is in the script, which no worker imports."""
    script = f"""{HEAD}
from physlearn_spice import Deck
class Mine(Deck):
    pass
deck = filter_deck()
with Pool(1) as pool:
    (one,), (other,) = pool.run([Mine(deck.network, deck.analyses), deck], fail="return")
print(other.status.name, one.status.name, one.error.log[-1])
"""
    with started(script, tmp_path) as parent:
        said = parent.communicate(timeout=20)
    assert said[0].startswith("OK CRASHED AttributeError: Can't get attribute 'Mine' on <module")
    assert said[1] == ""


def test_a_deck_that_can_not_be_sent_fails_alone(pool) -> None:
    deck = replace(filter_deck(), title="unsendable")
    object.__setattr__(deck, "title", lambda: None)
    with pytest.raises(Exception, match="pickle"):
        next(pool.run([deck]))
    assert statuses(next(pool.run([filter_deck()]))) == [Status.OK]


def test_a_worker_whose_words_were_not_heard_is_not_used_again(pool, monkeypatch) -> None:
    """What it still says would be taken for the next deck's results."""
    whole, decks = keeper_module._whole, [filter_deck(1.0), filter_deck(2.0)]
    expected = [bits(*outcomes) for outcomes in pool.run(decks)]

    def interrupted(*_: object) -> Outcome:
        raise MemoryError

    monkeypatch.setattr(keeper_module, "_whole", interrupted)
    for outcomes in (pool.submit(filter_deck(3.0, analyses=(SWEEP,) * 3)) for _ in range(4)):
        with pytest.raises(MemoryError):
            outcomes.result()
    monkeypatch.setattr(keeper_module, "_whole", whole)
    assert [bits(*outcomes) for outcomes in pool.run(decks * 2)] == expected * 2


@pytest.mark.parametrize("values", [[1.0, 2.0], [[1.0, 2.0]]])
def test_values_of_another_shape_are_refused_at_once(values, pool) -> None:
    with pytest.raises(ValueError, match="1 names"):
        next(pool.run_many(filter_deck(), ["r1"], values, SWEEP))


# --- order, laziness, threads --------------------------------------------------------------------


def test_ten_thousand_decks_are_built_as_they_are_needed(pool) -> None:
    n_built = 0

    def decks() -> Iterator[Deck]:
        nonlocal n_built
        for k in range(10_000):
            n_built += 1
            yield filter_deck(1.0 + k)

    for run in (pool.run, pool.run_as_completed):
        outcomes, n_built = run(decks()), 0
        assert n_built == 0
        for n in range(1, 6):
            next(outcomes)
            assert n_built <= 16 * pool.workers + n
        outcomes.close()
    n_built = 0
    for _ in pool.run(decks()):
        break
    assert n_built <= 16 * pool.workers + 1
    assert statuses(next(pool.run([filter_deck()]))) == [Status.OK]


def test_a_generator_of_decks_may_raise(pool) -> None:
    def decks() -> Iterator[Deck]:
        yield filter_deck()
        raise ZeroDivisionError

    for run in (pool.run, pool.run_as_completed):
        with pytest.raises(ZeroDivisionError):
            list(run(decks()))
    assert statuses(next(pool.run([filter_deck()]))) == [Status.OK]


def resistance(outcomes: tuple[Outcome, ...]) -> float:
    """Resistance r1 [Ohm] of the deck that these are of."""
    (outcome,) = outcomes
    assert not isinstance(outcome, Failure)
    line = next(x for x in outcome.provenance.loaded.splitlines() if x.startswith("r1 "))
    return float(line.split()[-1])


def test_two_iterators_and_eight_threads_share_a_pool(pool) -> None:
    ones = pool.run(filter_deck(1.0 + k) for k in range(50))
    others = pool.run(filter_deck(1001.0 + k) for k in range(50))
    both = list(zip(ones, others, strict=True))
    assert [resistance(one) for one, _ in both] == [1.0 + k for k in range(50)]
    assert [resistance(other) for _, other in both] == [1001.0 + k for k in range(50)]

    found: dict[int, list[float]] = {}

    def use(number: int) -> None:
        decks = [filter_deck(1000.0 * number + k) for k in range(1, 21)]
        if number % 2:
            found[number] = [resistance(outcomes) for outcomes in pool.run(decks)]
        else:
            found[number] = [resistance(pool.submit(deck).result()) for deck in decks]

    threads = [threading.Thread(target=use, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: [1000.0 * n + k for k in range(1, 21)] for n in range(8)}


def test_an_empty_list_and_a_deck_without_analyses(pool) -> None:
    assert list(pool.run([])) == list(pool.run_as_completed([])) == []
    assert list(pool.run([filter_deck(analyses=())])) == [()]
    assert list(pool.run_many(filter_deck(), ["r1"], np.empty((0, 1)), SWEEP)) == []


# --- closing -------------------------------------------------------------------------------------


def test_closing_ends_what_runs_and_cancels_what_waits(folder) -> None:
    pool = Pool(1)
    running, waiting = pool.submit(hanging()), pool.submit(filter_deck())
    soon(lambda: ready_in(folder))
    time.sleep(0.1)
    begin = time.monotonic()
    pool.close()
    assert time.monotonic() - begin < 1
    assert leaves_nothing(folder)
    for future in (running, waiting):
        with pytest.raises(CancelledError):
            future.result(0)
    for use in (lambda: pool.submit(filter_deck()), lambda: next(pool.run([filter_deck()]))):
        with pytest.raises(RuntimeError, match="closed"):
            use()
    pool.close()


def test_closing_while_a_worker_starts_ends_it(folder) -> None:
    pool = Pool(1)
    future = pool.submit(hanging())
    soon(lambda: workers_in(folder))
    pool.close()
    assert future.done()
    assert leaves_nothing(folder)


# --- retirement ----------------------------------------------------------------------------------


def test_a_worker_retires_after_its_runs(starts) -> None:
    with Pool(1, runs_per_worker=3) as pool:
        decks = [filter_deck(analyses=(SWEEP,) * n) for n in (1, 1, 1, 3, 1, 2, 1)]
        assert [len(outcomes) for outcomes in pool.run(decks)] == [1, 1, 1, 3, 1, 2, 1]
    assert len(starts) == 4


@pytest.mark.parametrize(("growth", "n_workers"), [(-1, 4), (100 << 20, 1)])
def test_a_worker_that_has_grown_retires(growth, n_workers, starts, monkeypatch) -> None:
    monkeypatch.setattr(keeper_module, "_GROWTH", growth)
    with Pool(1) as pool:
        list(pool.run([filter_deck()] * 4))
    assert len(starts) == n_workers


def test_a_missing_library_is_told_and_the_pool_closes(folder, monkeypatch) -> None:
    monkeypatch.setenv("NGSPICE_LIBRARY_PATH", "/nowhere/libngspice.so")
    with Pool(2) as pool:
        with pytest.raises(NgspiceMissingError, match="/nowhere/libngspice"):
            list(pool.run([filter_deck()] * 3, fail="return"))
        monkeypatch.delenv("NGSPICE_LIBRARY_PATH")
        assert statuses(next(pool.run([filter_deck()]))) == [Status.OK]
    assert leaves_nothing(folder)


# --- what a result says --------------------------------------------------------------------------


def test_pool_session_and_batch_give_the_same_results(pool) -> None:
    deck = tran_deck(Op(), SWEEP, Tran(2e-5, 1e-7), save=("all",))
    session = Session()
    session.load(deck)
    own = [session.run(analysis) for analysis in deck.analyses]
    (pooled,) = pool.run([deck])
    for one, other, third in zip(pooled, own, simulate_batch(deck), strict=True):
        assert not isinstance(one, Failure)
        assert type(one) is type(other) is type(third)
        assert one.status is Status.OK
        assert bits(one) == bits(other) == bits(third)
        assert replace(one.provenance, notes=()) == replace(other.provenance, notes=())
        assert re.fullmatch(r"ngspice-\d+ \(shared library\)", one.provenance.engine)
        assert one.provenance.loaded == to_spice(deck)
        assert one.provenance.options == {"noopac": "", "method": "trap"}
        assert "Doing analysis" in one.provenance.notes[0]


def test_run_many_is_a_fresh_load_of_each_row_bit_for_bit(pool) -> None:
    """With values of one digit, which ngspice's two number readers read alike."""
    rows = [[a * 10.0, float(f"{b}e-9")] for a in range(1, 8) for b in range(1, 8)]
    deck, names = filter_deck(), ("r1", "c1")
    for row, one in zip(rows, pool.run_many(deck, names, rows, SWEEP), strict=True):
        fresh = replace(deck, network=deck.network.with_values(names, row))
        ((other,),) = pool.run([fresh])
        assert bits(one) == bits(other)
        assert not isinstance(one, Failure)
        assert one.provenance.altered == dict(zip(names, row, strict=True))
        assert one.provenance.deck == to_spice(deck) + "".join(
            f"* alter {name} = {value!r}\n" for name, value in zip(names, row, strict=True)
        )


def test_limits_that_were_there_before_are_kept() -> None:
    """A hard limit can only be lowered; on a cluster there are some."""
    script = """
import resource
resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))
resource.setrlimit(resource.RLIMIT_FSIZE, (10**8, 10**8))
from physlearn_spice.ngspice import Pool, simulate_batch
from tests.benches import filter_deck
with Pool(1, timeout=5000) as pool:
    print(*[o.status.value for o in pool.submit(filter_deck()).result()])
print(*[o.status.value for o in simulate_batch(filter_deck(), fail="return")])
"""
    done = subprocess.run(
        ["setpriv", "--bounding-set=-sys_resource", "--", sys.executable, "-c", script]
        if os.geteuid() == 0
        else [sys.executable, "-c", script],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("ok\nok\n", "")
