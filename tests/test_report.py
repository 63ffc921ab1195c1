"""The page: it tells what is in the folder, in HTML that holds whatever the folder holds."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import unicodedata
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

import circuits.kirchhoff_tuner as kirchhoff_tuner
from physlearn_spice.history import FILE, add_step, read_steps
from physlearn_spice.measures import Ledger
from physlearn_spice.page import page_of
from physlearn_spice.page.html import column, plain, quantity, share, tag
from tests.results_folders import HOSTILE, physlearn

VOID = {"meta", "link", "br", "hr", "img", "path", "use", "rect"}
SECTIONS = {
    "net": ["Where the power goes", "Resonances", "Elements", "How to repeat it"],
    "a spectrum": ["Where the power goes", "Resonances", "Elements", "How to repeat it"],
    "tuned": [
        "How it was tuned", "Where the power goes", "Resonances", "Elements", "How to repeat it",
    ],
    "many runs": ["Analyses", "How to repeat it"],
    "one run": ["Analyses", "How to repeat it"],
}  # fmt: skip


class Outline(HTMLParser):
    """Headings, identifiers, addresses and the text of a page; tags must close as they opened."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.headings: list[tuple[int, str]] = []
        self.text: list[str] = []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if re.fullmatch(r"h\d", tag):
            self.headings.append((int(tag[1]), ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and re.fullmatch(r"h\d", self.open[-1]):
            level, title = self.headings[-1]
            self.headings[-1] = level, title + data
        if "style" not in self.open:
            self.text.append(data)

    def values(self, name: str) -> list[str]:
        return [attrs[name] or "" for _, attrs in self.tags if name in attrs]


@pytest.mark.parametrize("name", [*SECTIONS, "."])
def test_a_page_is_whole_and_needs_nothing_else(pages, name: str) -> None:
    page = pages[name]
    outline = Outline(page)
    tags = [tag for tag, _ in outline.tags]
    assert outline.tags[0] == ("html", {"lang": "en"})
    assert page.startswith("<!doctype html>")
    assert tags.count("title") == tags.count("h1") == tags.count("main") == 1
    assert "script" not in tags
    addresses = [v for key in ("src", "href", "srcset", "action") for v in outline.values(key)]
    assert all(re.match(r"#|data:", address) for address in addresses)
    assert not re.search(r"@import|url\((?!#)", page)
    ids = outline.values("id")
    assert len(set(ids)) == len(ids)
    wanted = {a[1:] for a in addresses if a.startswith("#")} | set(
        re.findall(r"url\(#([^)]+)", page)
    )
    assert wanted <= set(ids)
    levels = [level for level, _ in outline.headings]
    assert levels[0] == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))
    figures = [attrs for tag, attrs in outline.tags if tag == "svg"]
    assert all(f["role"] == "img" and f["aria-label"] for f in figures)
    assert len(page) < 1_500_000


@pytest.mark.parametrize("name", SECTIONS)
def test_there_are_sections_for_what_is_there(pages, name: str) -> None:
    headings = Outline(pages[name]).headings
    assert [title for level, title in headings if level == 2] == SECTIONS[name]
    assert pages[name].count("<svg") == {"tuned": 3, "many runs": 4, "one run": 3}.get(name, 2)


def test_the_first_sentence_of_tuning_has_its_numbers(results: Path, pages) -> None:
    (step,) = read_steps(results / "tuned")
    facts = step.facts
    text = "".join(Outline(pages["tuned"]).text)
    shares = [float(s) for s in re.findall(r"It absorbs ([\d.]+)\s%.*?, ([\d.]+)\s%", text)[0]]
    now, before = (100 * facts[key] / facts["available_W"] for key in ("best_W", "untuned_W"))
    assert shares == pytest.approx([now, before], abs=0.051)
    assert "80 evaluations" in text
    assert f"linear engine: {facts['engine_reason']}" in text


def test_the_resonances_are_those_of_the_command(results: Path, pages) -> None:
    (step,) = read_steps(results / "a spectrum")
    text = "".join(Outline(pages["a spectrum"]).text)
    for row in step.facts["resonances"]:
        assert plain(row["f0_Hz"], 6) in text
        assert plain(row["quality_factor"]) in text
        assert share(row["efficiency"]) in text
        low, _, high = row["f0_Hz_spread"]
        assert f"{plain(low, 5)} to {plain(high, 5)}" in text
    assert "spreads of 200 sets within 5.0\u202f%" in text
    assert "shaded: within the tolerance" in text
    assert len(step.facts["resonances"]) > 1
    assert f"{len(step.facts['resonances'])} resonances, loaded by" in text


def test_one_resonance_is_one(tmp_path: Path) -> None:
    (tmp_path / "a.cir").write_text("t\nv1 a 0 ac 1\nr1 a b 1\nl1 b c 1m\nc1 c 0 1n\n")
    assert physlearn("spectrum", tmp_path / "a.cir", "-o", tmp_path / "out") == (0, "")
    assert "1 resonance, with an ideal source" in page_of(tmp_path / "out")


def test_a_dc_sweep_is_drawn_over_what_is_swept(tmp_path: Path) -> None:
    (tmp_path / "a.cir").write_text(
        "t\nv1 a 0 5\nr1 a b 1k\nr2 b 0 2k\n.dc v1 0 9 1\n.op\n.dc r2 1k 3k 1k\n"
    )
    assert physlearn("run", tmp_path / "a.cir", "-j", 1, "-o", tmp_path / "out") == (0, "")
    page = page_of(tmp_path / "out")
    labels = [label for label in Outline(page).values("aria-label") if " over " in label]
    assert [label.rpartition(" ")[2] for label in labels] == ["v1", "r2"]
    text = "".join(Outline(page).text)
    assert "v1 [V]" in text
    assert "r2 [Ohm]" in text
    assert "v(2)" not in text
    assert "sweep)" not in text  # ngspice's name of the axis, which is no vector


def test_the_powers_of_a_page_add_up(pages) -> None:
    table = pages["tuned"].partition("Where the power goes")[2].partition("</table>")[0]
    rows = [re.findall(r">([^<>]*)</t[hd]>", row) for row in table.split("<tr>")[2:]]
    powers = [float(row[-2]) for row in rows]
    assert powers[-1] == pytest.approx(sum(powers[:-1]), rel=2e-3)
    assert rows[-1][-1] == share(1.0)


def test_a_transient_has_a_ledger_that_closes(pages) -> None:
    text = "".join(Outline(pages["one run"]).text)
    assert "The ledger over 2.000\u202fms" in text
    power = re.search(r"residual, over what came in−?\d\.\d · 10⁻(\S\S)", text)
    assert power is not None
    assert int(unicodedata.normalize("NFKC", power[1])) > 9


def test_failed_analyses_come_first_with_what_helps(pages) -> None:
    text = "".join(Outline(pages["many runs"]).text)
    assert "4 decks run in ngspice: " in text
    table = pages["many runs"].partition("<h2>Analyses")[2].partition("</table>")[0]
    ends = [re.findall(r"<td[^>]*>([^<]*)", row)[1] for row in table.split("<tr>")[2:]]
    assert ends == ["refused", "bad deck", "ok", "ok", "ok"]
    assert "line 4: " in text
    assert "Advice: " in text


def test_a_dc_sweep_is_a_curve_over_what_is_swept(tmp_path: Path) -> None:
    deck = tmp_path / "divider.cir"
    cards = "v1 a 0 dc 1\nr1 a b 1k\nr2 b 0 1k\n.dc r2 500 2k 100\n.op\n.dc v1 0 5 0.5"
    deck.write_text(f"a divider\n{cards}\n.end\n")
    physlearn("run", deck, "-o", tmp_path / "out")
    labels = Outline(page_of(tmp_path / "out")).values("aria-label")
    assert [label.partition(" over ")[2] for label in labels if " over " in label] == ["r2", "v1"]


def test_titles_from_elsewhere_are_text(pages) -> None:
    assert "<script" not in pages["many runs"]
    assert HOSTILE.replace("$", "") in "".join(Outline(pages["one run"]).text).replace("$", "")


def test_the_commands_are_those_that_were_typed(results: Path, pages) -> None:
    typed = shlex.join(["physlearn", "generate", "complete", "-n", "5"])
    assert typed in "".join(Outline(pages["net"]).text)
    steps = read_steps(results / "net")
    assert steps[0].arguments["seed"] == 2
    assert {"physlearn_spice", "ngspice", "numpy", "scipy", "numba"} <= set(steps[0].versions)


def test_the_command_writes_its_page_again_and_nothing_else(results: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a place of mine"
    shutil.copytree(results / "tuned", folder)
    before = {path: path.read_bytes() for path in folder.iterdir()}
    assert physlearn("report", folder) == (0, "")
    first = (folder / "report.html").read_bytes()
    assert physlearn("report", folder) == (0, "")
    assert {path: path.read_bytes() for path in folder.iterdir()} == {
        **before,
        folder / "report.html": first,
    }
    assert physlearn("report", folder, "-o", tmp_path / "new" / "page.html") == (0, "")
    assert (tmp_path / "new" / "page.html").read_bytes() == first


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("nowhere",), "there is no folder"),
        (("empty",), "nothing to report on"),
        (("others",), "nothing to report on"),
        (("tuned", "-o", "empty"), "it is a folder"),
    ],
)
def test_what_can_not_be_reported_on_is_one_message(
    results: Path, tmp_path: Path, monkeypatch, words: tuple[str, ...], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("others").mkdir()
    Path("others", "package.json").write_text('{"name": "theirs"}')
    Path("others", "list.json").write_text("[1, 2]")
    Path("tuned").symlink_to(results / "tuned")
    code, err = physlearn("report", *words)
    assert code == 1
    assert message in err
    assert len(err.strip().splitlines()) == 1
    assert not list(tmp_path.glob("**/report.html"))


@pytest.mark.parametrize("name", ["result.nc", "network.json", FILE, "network.cir"])
def test_a_damaged_file_is_named_and_the_rest_is_shown(results: Path, tmp_path: Path, name) -> None:
    folder = tmp_path / "tuned"
    shutil.copytree(results / "tuned", folder)
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(b"\xff" + content[: len(content) // 2])
    text = "".join(Outline(page_of(folder)).text)
    assert f"{name} can't be read: " in text
    assert "How to repeat it" in text


def test_results_that_were_lost_are_said_to_be(results: Path, tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    shutil.copytree(results / "one run", folder)
    (folder / "a [b].cir.raw").unlink()
    assert "The results can't be shown: " in page_of(folder)


def test_the_demo_has_its_ledgers(monkeypatch, capsys, tmp_path: Path) -> None:
    monkeypatch.setattr(kirchhoff_tuner, "WALKERS", 1)
    monkeypatch.setattr(kirchhoff_tuner, "EVALUATIONS", 60)
    monkeypatch.setattr(kirchhoff_tuner, "LISTEN_FOR", 0.05)
    kirchhoff_tuner.main(seed=1, out=tmp_path, as_json=True)
    facts = json.loads(capsys.readouterr().out)
    text = "".join(Outline(page_of(tmp_path)).text)
    assert f"tuned: {facts['tuned']['glass_hum_recording']:.1%} of the available energy" in text
    assert "300 evaluations of 5 tuners" in text
    assert "./run circuit kirchhoff_tuner --seed 1" in text
    record = json.loads((tmp_path / "ledger.json").read_text())["ledgers"]
    for fields in record.values():
        arrays = {k: np.array(v) if isinstance(v, list) else v for k, v in fields.items()}
        assert abs(Ledger(**arrays).residual) < 1e-6


def test_a_command_is_noted_once_and_beside_the_others(tmp_path: Path) -> None:
    for name, seed in (("generate", 1), ("tune", 1), ("generate", 2)):
        add_step(tmp_path, name, ["physlearn", name], {"seed": seed, "out": tmp_path}, {})
    steps = read_steps(tmp_path)
    assert [(s.command, s.arguments["seed"]) for s in steps] == [("tune", 1), ("generate", 2)]
    assert steps[0].arguments["out"] == str(tmp_path)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00182838, "W", "1.828\u202fmW"),
        (999.96, "Hz", "1.000\u202fkHz"),
        (-2.5e-13, "J", "−250.0\u202ffJ"),
        (0.0, "J", "0\u202fJ"),
        (1e-20, "W", "1.000 · 10⁻²⁰\u202fW"),
        (float("inf"), "W", "–"),
        (None, "W", "–"),
    ],
)
def test_quantities(value, unit, text) -> None:
    assert quantity(value, unit) == text


def test_a_column_has_one_unit() -> None:
    assert column("P", [2e-6, 3e-6, 5e-4, 0.0], "W") == ("P [µW]", ["2.000", "3.000", "500.0", "0"])


def test_text_in_html_is_escaped_once() -> None:
    inner = tag("b", "a < b & c\x00")
    assert tag("p", inner, title='"<') == (
        '<p title="&quot;&lt;"><b>a &lt; b &amp; c\ufffd</b></p>'
    )
