"""The page as a whole: one file that needs no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from ..engines import choose, sweep
from ..errors import PhyslearnError
from ..files import write_text
from ..modes import known_modes
from ..netlist import Ac, at_frequencies, read_deck
from ..wording import counted
from . import decks, origins, sections
from .answers import Answer, answer_of, power_or_share
from .contents import Part, find_parts
from .figures import numbered
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
        body = join([_header(title, name, _lead(part)), *_sections(part, 2)])
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
    return _document(title, numbered(body))


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
        tag("p", f"Folder {folder}", class_="from"),
        tag("h1", title),
        tag("p", lead, class_="lead"),
    )


def _part(part: Part, folder: str, name: str) -> Html:
    where = part.name if part.name != "." else folder
    heading = tag("h2", f"{where}: {_title(part)}", id=name)
    lead = tag("p", _lead(part), class_="lead")
    return tag("section", heading, lead, *_sections(part, 3), class_="part")


def _sections(part: Part, level: int) -> Iterator[Html]:
    answer = part.tuned or part.swept
    yield sections.first_screen(part.network, answer)
    for section in _all_sections(part, answer):
        yield tag("section", tag(f"h{level}", section.title), section.body)
        if section.title == "Analyses":
            for deck in decks.each_deck(part.runs, level + 2):
                yield tag("section", tag(f"h{level + 1}", deck.title), deck.body)


def _all_sections(part: Part, answer: Answer | None) -> Iterator[Section]:
    if part.traces and part.tuned:
        yield sections.tuning(part.traces, part.tuned.available)
    if answer and (goes := sections.power(answer)):
        yield goes
    if part.ledgers:
        yield Section("Where the energy goes in time", sections.ledger(part.ledgers))
    if part.runs:
        yield decks.analyses(part.runs)
    step = part.step("spectrum")
    if answer and (
        found := sections.resonances(answer, step.facts if step and not part.tuned else {})
    ):
        yield found
    network = answer.network if answer else part.network
    if network:
        yield origins.elements(network)
    if said := origins.notes(list(part.problems)):
        yield said
    if again := origins.repeat(part):
        yield again


def _with_spectrum(part: Part) -> Part:
    """Compute the spectrum of a network that was only generated, where that takes a moment."""
    network = part.network
    if network is None or part.swept or part.tuned:
        return part
    if not network.is_linear:
        return _noted(
            part,
            "The network is nonlinear: what it absorbs depends on the amplitude, so no spectrum is "
            "drawn. physlearn run plays its deck.",
        )
    if len(network.elements) > _MOST_ELEMENTS or not part.deck:
        return _noted(part, "physlearn spectrum computes what this network absorbs.")
    try:
        deck = read_deck(part.deck)
        over = [analysis for analysis in deck.analyses if isinstance(analysis, Ac)]
        low, high = min(a.start for a in over), max(a.stop for a in over)
        tops = at_frequencies(m.f0 for m in known_modes(network) or () if low < m.f0 < high)
        port = network.port()
        spectrum = sweep(network, *over, *tops, engine=choose(network).engine)
        return replace(part, swept=answer_of(network, spectrum, {port.name: 1.0}))
    except (PhyslearnError, ValueError) as error:
        return _noted(part, f"The spectrum of network.json can't be computed: {error}")


def _noted(part: Part, note: str) -> Part:
    return replace(part, problems=(*part.problems, note))


def _title(part: Part) -> str:
    if part.tuned:
        return f"A network tuned to {counted(len(part.tuned.tones), 'tone')}"
    if part.step("spectrum"):
        return "The spectrum of a network"
    if part.network:
        return "A network" if not part.step("generate") else "A random network"
    if part.runs:
        return f"Results of {counted(len(part.runs), 'deck')}"
    return "Results"


def _lead(part: Part) -> str:
    """Say in a sentence or two what came out."""
    step = part.step("tune", "spectrum", "generate", "kirchhoff_tuner")
    answer = part.tuned or part.swept
    network = answer.network if answer else part.network
    said: list[str] = []
    if part.tuned:
        said.append(_absorbed(part, part.tuned))
    elif answer:
        curve = list(answer.curves.values())[-1]
        at = quantity(float(answer.frequency[curve.argmax()]), "Hz")
        most = f"At most {share(float(curve.max()))} of the available power is absorbed,"
        said.append(f"{most if answer.has_share else 'Most is absorbed'} at {at}.")
    if network:
        said.append(
            f"The network has {counted(len(network.branches), 'branch', 'branches')} of "
            f"{counted(len(network.elements), 'element')} and "
            f"{counted(network.loops, 'independent loop')}."
        )
    if step and (engine := step.facts.get("engine")):
        said.append(f"Computed by the {engine} engine: {step.facts.get('engine_reason')}.")
    if part.runs:
        ended = ", ".join(f"{n} {status}" for status, n in decks.outcome_counts(part.runs).items())
        said.append(f"{counted(len(part.runs), 'deck')} run in ngspice: {ended}.")
    return " ".join(said) or "What is in this folder can't be read."


def _absorbed(part: Part, tuned: Answer) -> str:
    """Say what tuning was good for."""
    before, *_, after = tuned.totals().values()
    now, then = (power_or_share(watts, tuned.available) for watts in (after, before))
    of = " of the available power" if tuned.has_share else ""
    evaluations = sum(powers.size for powers in part.traces.values())
    tuners = "" if len(part.traces) == 1 else f" of {len(part.traces)} tuners"
    return (
        f"It absorbs {now}{of} at the tones, {then} before; "
        f"{counted(evaluations, 'evaluation')}{tuners}."
    )
