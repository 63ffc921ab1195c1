"""The sections on decks that were run: what became of each, and what the first of them gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..errors import PhyslearnError, Status
from ..measures import ledger as ledger_of
from ..netlist import Deck
from ..results import OperatingPoint, Result, Spectrum, Waveforms
from ..runs import Account
from .answers import answer_of
from .contents import DeckRun
from .figures import vector_figure
from .html import Html, details, join, quantity, table, tag
from .sections import Section, captioned, first_screen, ledger, power

__all__ = ["analyses", "each_deck", "outcome_counts"]

_DRAWN = 8  # decks; more would make a page that nobody opens
_ROWS = 50  # of a table that is not folded away
_VALUES = 40


def outcome_counts(runs: tuple[DeckRun, ...]) -> Counter[str]:
    """Count how the decks ended."""
    ended = ((r.run.failed[0].status if r.run.failed else Status.OK.value) for r in runs)
    return Counter(ended)


def analyses(runs: tuple[DeckRun, ...]) -> Section:
    """List every analysis, those that failed first."""
    every = [(run, account) for run in runs for account in run.run.accounts]
    every.sort(key=lambda pair: pair[1].status == Status.OK.value)
    rows = [_row(run, account) for run, account in every]
    whole = table(("deck", "analysis", "status", "what to do", "engine"), rows, words=5)
    shown = whole if len(rows) <= _ROWS else details(f"All {len(rows)} analyses", whole)
    failed = [row for row, (_, a) in zip(rows, every, strict=True) if a.status != Status.OK.value]
    if len(rows) > _ROWS and failed:
        caption = f"Of {len(rows)} analyses, {len(failed)} without a result"
        heads = ("deck", "analysis", "status", "what to do", "engine")
        shown = join([table(heads, failed[:_ROWS], caption=caption, words=5), shown])
    return Section("Analyses", shown)


def _row(run: DeckRun, account: Account) -> tuple[str, ...]:
    if account.status == Status.OK.value:
        return run.run.name, account.analysis, account.status, "", account.engine
    where = "" if account.line is None else f"line {account.line}: "
    said = "; ".join(line.strip() for line in account.log[:2])
    why = f"{account.status}: {where}{account.message}" + (f" (ngspice: {said})" if said else "")
    return run.run.name, account.analysis, why, account.advice, account.engine


def each_deck(runs: tuple[DeckRun, ...], name: str) -> Iterator[Section]:
    """Show the results of the first decks that have any."""
    good = [run for run in runs if len(run.run.failed) < len(run.run.accounts)]
    for k, run in enumerate(good[:_DRAWN]):
        yield Section(run.run.name, _one(run, f"{name}-deck{k}"))
    if len(good) > _DRAWN:
        says = (
            f"The results of {len(good) - _DRAWN} more decks are in the folder, and not drawn here."
        )
        yield Section("More decks", tag("p", says))


def _one(run: DeckRun, name: str) -> Html:
    body: list[Html] = []
    try:
        deck = run.deck()
        for k, (account, result) in enumerate(run.results()):
            body += [_analysis(deck, account, result, f"{name}-{k}")]
    except PhyslearnError as error:
        body.append(tag("p", f"The results can't be shown: {error}", class_="note"))
    said = dict.fromkeys(note for account in run.run.accounts for note in account.notes)
    if said:
        body.append(details("What ngspice said", tag("ul", *(tag("li", note) for note in said))))
    if run.text:
        body.append(details("The deck as ngspice was given it", tag("pre", tag("code", run.text))))
    return join(body)


def _analysis(deck: Deck | None, account: Account, result: Result, name: str) -> Html:
    if isinstance(result, OperatingPoint):
        return _operating_point(result)
    if deck is not None:
        try:
            return _balance(deck, result, name)
        except PhyslearnError:
            pass  # it has not saved what the balance needs
    drawing = vector_figure(result, f"{name}-vectors")
    kind = "frequency" if isinstance(result, Spectrum) else "time"
    says = f"The largest of {len(result.vectors)} vectors over {kind} ({account.engine})."
    return captioned(drawing, says)


def _balance(deck: Deck, result: Spectrum | Waveforms, name: str) -> Html:
    """Show where the power or the energy of a network goes."""
    if isinstance(result, Waveforms):
        return ledger({"": ledger_of(deck.network, result)}, name)
    amplitudes = {port: source.ac for port, source in deck.sources.items()}
    answer = answer_of(deck.network, result, amplitudes)
    goes = power(answer)
    return join([first_screen(None, answer, name), *([goes.body] if goes else [])])


def _operating_point(result: OperatingPoint) -> Html:
    rows = [
        (vector, quantity(float(values[0].real), "V" if vector.startswith("v(") else "A", 6))
        for vector, values in result.vectors.items()
    ]
    whole = table(("vector", "value"), rows, caption="Operating point")
    return whole if len(rows) <= _VALUES else details(f"{len(rows)} values", whole)
