"""What the test run says at its end."""

from __future__ import annotations

from tests.corpus import CORPUS, VOCABULARY


def pytest_terminal_summary(terminalreporter) -> None:
    reports = (r for group in terminalreporter.stats.values() for r in group)
    if any("test_decks.py" in getattr(report, "nodeid", "") for report in reports):
        line = f"decks from elsewhere: {len(CORPUS)} decks, {len(VOCABULARY)} constructs"
        terminalreporter.write_line(line)
