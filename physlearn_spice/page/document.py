"""The page as a whole: one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from importlib.resources import files
from math import isfinite
from pathlib import Path

from ..engines import choose, sweep
from ..errors import PhyslearnError
from ..files import write_text
from ..modes import known_modes
from ..netlist import Ac, at_frequencies, read_deck
from . import decks, sections
from .answers import Answer, answer_of
from .contents import Part, find_parts
from .html import Html, join, quantity, share, tag
from .sections import Section

__all__ = ["page_of", "write_page"]

_MOST_ELEMENTS = 1000  # of a network whose spectrum is computed for the page alone


def write_page(folder: Path, path: Path) -> None:
    """Write the page about a folder of results, whole or not at all.

    Parameters
    ----------
    folder
        That commands have written to; and those below it.
    path
        Of the page. One that is there is replaced.

    Raises
    ------
    PhyslearnError
        The folder has nothing of this package's, or the page can't be written.
    """
    write_text(path, page_of(folder))


def page_of(folder: Path) -> Html:
    """Return the page about a folder of results: HTML with its style and its figures inside.

    Raises
    ------
    PhyslearnError
        There is no such folder, or it has nothing of this package's.
    """
    parts = [_with_spectrum(part) for part in find_parts(folder)]
    name = folder.resolve().name or str(folder)
    if len(parts) == 1:
        (part,) = parts
        title = _title(part)
        body = join([_header(title, name, _lead(part)), *_sections(part, 2, "p0")])
    else:
        title = f"Results in {name}"
        links = [
            tag(
                "li",
                tag("a", part.name if part.name != "." else name, href=f"#p{k}"),
                f": {_lead(part)}",
            )
            for k, part in enumerate(parts)
        ]
        contents = tag("nav", tag("ul", *links), aria_label="Contents")
        body = join(
            [
                _header(title, name, f"{len(parts)} folders with results of physlearn."),
                contents,
                *(_part(part, name, f"p{k}") for k, part in enumerate(parts)),
            ]
        )
    return _document(title, body)


def _document(title: str, body: Html) -> Html:
    style = files(__package__ or "physlearn_spice.page").joinpath("style.css").read_text("utf-8")
    made = tag(
        "p",
        f"Written by physlearn report, physlearn_spice {version('physlearn_spice')}. Powers are "
        "means, amplitudes are peak values, and source resistances are not counted.",
        class_="note",
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("style", Html(style)),
    )
    page = tag("html", head, tag("body", tag("main", body, tag("footer", made))), lang="en")
    return Html(f"<!doctype html>\n{page}\n")


def _header(title: str, folder: str, lead: str) -> Html:
    return tag(
        "header",
        tag("p", folder, class_="from"),
        tag("h1", title),
        tag("p", lead, class_="lead"),
    )


def _part(part: Part, folder: str, name: str) -> Html:
    where = part.name if part.name != "." else folder
    heading = tag("h2", f"{where}: {_title(part)}", id=name)
    lead = tag("p", _lead(part), class_="lead")
    return tag("section", heading, lead, *_sections(part, 3, name), class_="part")


def _sections(part: Part, level: int, name: str) -> Iterator[Html]:
    answer = part.tuned or part.swept
    yield sections.first_screen(part.network, answer, name)
    for section in _all_sections(part, answer, name):
        yield tag("section", tag(f"h{level}", section.title), section.body)
        if section.title == "Analyses":
            for deck in decks.each_deck(part.runs, name):
                yield tag("section", tag(f"h{level + 1}", deck.title), deck.body)


def _all_sections(part: Part, answer: Answer | None, name: str) -> Iterator[Section]:
    if part.traces and part.tuned:
        yield sections.tuning(part.traces, part.tuned.available, name)
    if answer and (goes := sections.power(answer)):
        yield goes
    if part.ledgers:
        yield Section("Where the energy goes in time", sections.ledger(part.ledgers, name))
    if part.runs:
        yield decks.analyses(part.runs)
    step = part.step("spectrum")
    given = step.facts.get("resonances") if step and not part.tuned else None
    if answer and (found := sections.resonances(answer, given)):
        yield found
    network = answer.network if answer else part.network
    if network:
        yield sections.elements(network)
    if said := sections.notes(list(part.problems)):
        yield said
    if again := sections.repeat(part):
        yield again


def _with_spectrum(part: Part) -> Part:
    """Compute the spectrum of a network that was only generated, where that takes a moment."""
    network = part.network
    if network is None or part.swept or part.tuned or not network.is_linear:
        return part
    if len(network.elements) > _MOST_ELEMENTS or not part.deck:
        return part
    try:
        deck = read_deck(part.deck)
        over = [analysis for analysis in deck.analyses if isinstance(analysis, Ac)]
        low, high = min(a.start for a in over), max(a.stop for a in over)
        tops = at_frequencies(m.f0 for m in known_modes(network) or () if low < m.f0 < high)
        port = network.port()
        spectrum = sweep(network, *over, *tops, engine=choose(network).engine)
        return replace(part, swept=answer_of(network, spectrum, {port.name: 1.0}))
    except (PhyslearnError, ValueError) as error:
        problem = f"no spectrum of network.json: {error}"
        return replace(part, problems=(*part.problems, problem))


def _title(part: Part) -> str:
    if part.tuned:
        return "A tuned network"
    if part.swept or part.network:
        return "Spectrum of a network" if part.step("spectrum") else "A random network"
    if part.runs:
        return (
            "A deck that was run"
            if len(part.runs) == 1
            else f"{len(part.runs)} decks that were run"
        )
    return "Results"


def _lead(part: Part) -> str:
    """Say in one sentence what came out."""
    step = part.step("tune", "spectrum", "generate", "kirchhoff_tuner")
    engine = step.facts.get("engine") if step else None
    said: list[str] = []
    answer = part.tuned or part.swept
    network = answer.network if answer else part.network
    if network:
        said.append(
            f"{len(network.branches)} branches of {len(network.elements)} elements, "
            f"{network.loops} independent loops"
        )
    if part.tuned:
        said.append(_tuned(part, part.tuned))
    elif answer:
        curve = list(answer.curves.values())[-1]
        at = quantity(float(answer.frequency[curve.argmax()]), "Hz")
        most = f"at most {share(float(curve.max()))} of the available power is absorbed, "
        said.append(f"{most if answer.has_share else 'most is absorbed '}at {at}")
    if engine:
        said.append(f"{engine} engine")
    if part.runs:
        ended = ", ".join(f"{n} {status}" for status, n in decks.outcome_counts(part.runs).items())
        said.append(f"{len(part.runs)} {'deck' if len(part.runs) == 1 else 'decks'} run: {ended}")
    text = "; ".join(said) or "What is in this folder"
    return f"{text[0].upper()}{text[1:]}."


def _tuned(part: Part, tuned: Answer) -> str:
    powers = list(tuned.totals().values())
    if isfinite(tuned.available):
        shares = [share(power / tuned.available) for power in powers]
        took = f"{shares[-1]} of the available power absorbed at {len(tuned.tones)} tones, {shares[0]} before"
    else:
        shares = [quantity(power, "W") for power in powers]
        took = f"{shares[-1]} absorbed at {len(tuned.tones)} tones, {shares[0]} before"
    n = sum(powers.size for powers in part.traces.values())
    tuners = "" if len(part.traces) == 1 else f" of {len(part.traces)} tuners"
    return f"{took}, after {n} evaluations{tuners}"
