"""The sections on decks that were run: what became of each, and what the first of them gave."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from ..errors import PhyslearnError, Status
from ..measures import Ledger
from ..measures import ledger as ledger_of
from ..netlist import Deck
from ..results import DcSweep, OperatingPoint, Result, Spectrum, Waveforms
from ..runs import Account
from ..wording import counted
from .answers import answer_of
from .contents import DeckRun
from .figures import vector_figure
from .html import DASH, Html, column, details, join, share, table, tag
from .sections import Section, captioned, first_screen, ledger, operating_point, power

__all__ = ["analyses", "each_deck", "outcome_counts"]

_DRAWN = 8  # decks; more would make a page that nobody opens
_ROWS = 50  # of a table that is not folded away
_TAKERS = 10
_KINDS = {"ac": "AC analysis", "dc": "DC sweep", "op": "Operating point", "tran": "Transient"}


def outcome_counts(runs: tuple[DeckRun, ...]) -> Counter[str]:
    """Count how the decks ended."""
    ended = ((r.run.failed[0].status if r.run.failed else Status.OK.value) for r in runs)
    return Counter(ended)


def analyses(runs: tuple[DeckRun, ...]) -> Section:
    """List every analysis, those that failed first."""
    every = [(run, account) for run in runs for account in run.run.accounts]
    every.sort(key=lambda pair: pair[1].is_ok)
    rows = [(run.run.name, a.analysis, a.status, _why(a)) for run, a in every]
    engines = sorted({a.engine for _, a in every if a.engine})
    heads = ("deck", "analysis", "status", "why, and what helps")
    whole = table(heads, rows, caption=f"Engine: {', '.join(engines) or DASH}", words=4)
    if len(rows) <= _ROWS:
        return Section("Analyses", whole)
    failed = sum(not a.is_ok for _, a in every)
    shown = [details(f"All {len(rows)} analyses", whole)]
    if failed:
        caption = f"Of {len(rows)} analyses, {failed} without a result"
        shown.insert(0, table(heads, rows[: min(failed, _ROWS)], caption=caption, words=4))
    return Section("Analyses", join(shown))


def _why(account: Account) -> str:
    if account.is_ok:
        return ""
    where = "" if account.line is None else f"line {account.line}: "
    said = "; ".join(line.strip() for line in account.log[:2])
    why = f"{where}{account.message}" + (f" (ngspice: {said})" if said else "")
    return f"{why}. Advice: {account.advice}." if account.advice else why


def each_deck(runs: tuple[DeckRun, ...], level: int) -> Iterator[Section]:
    """Show the results of the first decks that have any, headings inside of a ``level``."""
    good = [run for run in runs if len(run.run.failed) < len(run.run.accounts)]
    for run in good[:_DRAWN]:
        yield Section(run.run.name, _one(run, level))
    if len(good) > _DRAWN:
        more = counted(len(good) - _DRAWN, "more deck")
        says = f"The results of {more} are in the folder, and not drawn here."
        yield Section("More decks", tag("p", says))


def _one(run: DeckRun, level: int) -> Html:
    body: list[Html] = []
    try:
        deck = run.deck()
        for account, result in run.results():
            body.append(tag(f"h{level}", _KINDS.get(account.analysis, account.analysis)))
            body.append(_analysis(deck, account, result))
    except PhyslearnError as error:
        body.append(tag("p", f"The results can't be shown: {error}", class_="note"))
    said = dict.fromkeys(note for account in run.run.accounts for note in account.notes)
    if said:
        body.append(details("What ngspice said", tag("ul", *(tag("li", note) for note in said))))
    if run.text:
        body.append(details("The deck as ngspice was given it", tag("pre", tag("code", run.text))))
    return join(body)


def _analysis(deck: Deck | None, account: Account, result: Result) -> Html:
    if isinstance(result, OperatingPoint):
        return operating_point(result)
    if deck is not None and not isinstance(result, DcSweep):
        try:
            return _balance(deck, result)
        except PhyslearnError:
            pass  # it has not saved what the balance needs
    drawing = vector_figure(result)
    says = f"The largest of {len(result.vectors)} vectors ({account.engine})."
    return captioned(drawing, says)


def _balance(deck: Deck, result: Spectrum | Waveforms) -> Html:
    """Show where the power or the energy of a network goes."""
    if isinstance(result, Waveforms):
        book = ledger_of(deck.network, result)
        return join([ledger({"": book}), _takers(book)])
    amplitudes = {port: source.ac for port, source in deck.sources.items()}
    answer = answer_of(deck.network, result, amplitudes)
    goes = power(answer)
    return join([first_screen(None, answer), *([goes.body] if goes else [])])


def _takers(book: Ledger) -> Html:
    """List the elements that dissipate most."""
    order = sorted(book.dissipated, key=lambda name: -book.dissipated[name])[:_TAKERS]
    head, cells = column("energy", [book.dissipated[name] for name in order], "J")
    total = sum(book.dissipated.values())
    shares = (share(book.dissipated[name] / total if total else None) for name in order)
    of = f"The first of {len(book.dissipated)} elements" if len(order) == _TAKERS else "Elements"
    rows = zip(order, cells, shares, strict=True)
    return table(("element", head, "share"), rows, caption=f"{of} that dissipate")
