"""What several modules of tests share, and what the test run says at its end."""

from __future__ import annotations

from pathlib import Path

import pytest

from physlearn_spice.page import page_of
from tests.corpus import CORPUS, VOCABULARY
from tests.results_folders import results_of_all


@pytest.fixture(scope="session")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Results of every command, which no test may change."""
    return results_of_all(tmp_path_factory.mktemp("my results"))


@pytest.fixture(scope="session")
def pages(results: Path) -> dict[str, str]:
    """The page about each folder of :func:`results`, and the one about all, "."."""
    places = [path.name for path in results.iterdir() if path.name != "decks"]
    return {name: page_of(results / name) for name in (*places, ".")}


def pytest_terminal_summary(terminalreporter) -> None:
    reports = (r for group in terminalreporter.stats.values() for r in group)
    if any("test_decks.py" in getattr(report, "nodeid", "") for report in reports):
        line = f"decks from elsewhere: {len(CORPUS)} decks, {len(VOCABULARY)} constructs"
        terminalreporter.write_line(line)
