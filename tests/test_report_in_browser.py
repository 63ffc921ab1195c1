"""The page in a real browser: from disk, without a network, on a desk, a telephone and paper."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from matplotlib.image import imread

from tests.browser import Page, browser, find_browser

BROWSER = find_browser()
PAGES = ["net", "tuned", "many runs", "."]

pytestmark = pytest.mark.skipif(
    BROWSER is None and "CI" not in os.environ,
    reason="no Chromium here (Debian: apt-get install chromium)",
)


@pytest.fixture(scope="module")
def page():
    assert BROWSER, "no Chromium: apt-get install chromium"
    with browser(BROWSER) as opened:
        yield opened


@pytest.fixture(scope="module")
def paths(pages: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("my pages")
    written = {name: place / f"page {k}.html" for k, name in enumerate(PAGES)}
    for name, path in written.items():
        path.write_text(pages[name], encoding="utf-8")
    return written


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_and_says_nothing_to_the_console(
    paths: dict[str, Path], page: Page, name, width
) -> None:
    page.open(paths[name], width=width)
    assert page.complaints() == []
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.evaluate("document.title.length") > 0
    outside = (
        "[...document.querySelectorAll('svg, img, p, h1, h2, h3, pre')].filter(e => !e.closest"
    )
    outside += "('.wide') && e.getBoundingClientRect().right > innerWidth + 1).length"
    assert page.evaluate(outside) == 0


def test_what_is_to_be_seen_is_seen(paths: dict[str, Path], page: Page, tmp_path: Path) -> None:
    page.open(paths["tuned"], width=1280)
    tall = "[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().height)"
    assert min(page.evaluate(tall)) > 200
    assert page.evaluate("document.querySelector('svg').getBoundingClientRect().bottom") < 900
    shot = tmp_path / "page.png"
    shot.write_bytes(page.screenshot())
    pixels = imread(shot)[..., :3]
    assert pixels.shape[:2] == (900, 1280)
    dark = (pixels.max(axis=2) < 0.5).mean()
    assert 0.005 < dark < 0.3  # text and curves, on white
    colourful = (pixels.max(axis=2) - pixels.min(axis=2) > 0.3).mean()
    assert colourful > 0.005


def test_a_page_prints(paths: dict[str, Path], page: Page) -> None:
    page.open(paths["tuned"], width=1280)
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) > 1


def test_complaints_would_be_seen(page: Page, tmp_path: Path) -> None:
    bad = tmp_path / "bad page.html"
    script = "<script>console.error('no'); nothing.at.all</script>"
    bad.write_text(f"{script}<img src='https://example.org/x.png'><p style='width:3000px'>wide")
    page.open(bad, width=390)
    said = " ".join(page.complaints())
    assert "console.error" not in said
    assert "ReferenceError" in said
    assert "https://example.org/x.png" in said
    assert page.evaluate("document.documentElement.scrollWidth") > 390
