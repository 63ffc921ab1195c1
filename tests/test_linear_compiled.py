"""Machine code on disk is used again, and never once any source that it may call has changed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from physlearn_spice.linear import compiled

CALLEE = "from .compiled import compiled\n\n\n@compiled\ndef inner(x):\n    return x + {}\n"
CALLER = (
    "from .callee import inner\nfrom .compiled import compiled\n\n\n"
    "@compiled\ndef outer(x):\n    return 10 * inner(x)\n"
)
SCRIPT = (
    "from tiny.linear.caller import outer\n"
    "print(outer(1.0), sum(outer.stats.cache_hits.values()), "
    "sum(outer.stats.cache_misses.values()))"
)


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A package of two compiled functions in two files, with the package's own ``compiled``."""
    linear = tmp_path / "tiny" / "linear"
    linear.mkdir(parents=True)
    (tmp_path / "tiny" / "tuner").mkdir()
    for folder in (tmp_path / "tiny", linear):
        (folder / "__init__.py").touch()
    (linear / "compiled.py").write_text(Path(compiled.__file__).read_text("utf-8"), "utf-8")
    (linear / "callee.py").write_text(CALLEE.format(1.0), "utf-8")
    (linear / "caller.py").write_text(CALLER, "utf-8")
    return tmp_path


def run(folder: Path) -> tuple[float, int, int]:
    """Return outer(1), and how often its code was found on disk and not."""
    env = {k: v for k, v in os.environ.items() if not k.startswith("NUMBA")}
    env |= {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True, check=True
    )
    value, hits, misses = done.stdout.split()
    return float(value), int(hits), int(misses)


def test_code_is_kept_until_a_source_changes(tiny) -> None:
    assert run(tiny) == (20.0, 0, 1)
    assert run(tiny) == (20.0, 1, 0)
    (tiny / "tiny" / "linear" / "callee.py").write_text(CALLEE.format(2.0), "utf-8")
    assert run(tiny) == (30.0, 0, 1)
    (tiny / "tiny" / "tuner" / "other.py").touch()  # the tuner's loops are compiled too
    assert run(tiny) == (30.0, 0, 1)
    assert run(tiny) == (30.0, 1, 0)
