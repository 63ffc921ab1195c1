"""The stationary laws of the tuner on a single RLC of Q = 21, by long walks.

    python benchmarks/tuner_laws.py --steps 2000000

prints what eight walkers saw and what the law says: the share of time in band and the mean power,
and the exponent m of p(x) ~ sigma(x)^-m for detectors that lag behind correlated noise.
"""

from __future__ import annotations

import argparse

import numpy as np
from numpy.typing import NDArray

from physlearn_spice import Capacitor, Inductor, Network, Port, Resistor, Tone
from physlearn_spice.tuner import Bounds, Detector, Tuner, forget, global_brake
from physlearn_spice.tuner.laws import exponent, exponent_seen, stationary
from physlearn_spice.tuner.listening import listening
from physlearn_spice.tuner.together import walk_together

R, L, F = 15.0, 1e-3, 50e3
C = 1 / ((2 * np.pi * F) ** 2 * L)
P_MAX = 1 / (2 * R)  # Rs = 0
PREF = 0.02  # Pmax
LOW, HIGH = -3.0, 1.6
X = np.linspace(LOW, HIGH, 100_001)
AT = 1 / (1 + (2 * np.pi * F * L * (1 - np.exp(-X)) / R) ** 2)
SERIES = Network(
    (Resistor("r", "a", "b", R), Inductor("l", "b", "c", L), Capacitor("c", "c", "0", C)),
    (Port("1", "a", "0", 0.0),),
)
BRAKES = ((0.1, 0.5), (0.1, 1.0), (0.07, 0.75), (0.03, 0.5), (0.02, 0.0), (0.01, -0.5))
CORRELATION = 10.0
LAGS = (0.0, 0.3, 1.0, 3.0)


def shares(
    s0: float, k: float, n: int, *, correlation: float = 0.0, detector: Detector | None = None
) -> NDArray[np.float64]:
    """P / Pmax (8, n) of eight walkers, after a twentieth as many steps that don't count."""
    at_resonance, burn = np.log([C]), n // 20
    steps = walk_together(
        listening(SERIES, (Tone(1.0, F),), ("c",)),
        at_resonance - 1.0,
        tuner=Tuner(
            global_brake(k),
            forget,
            s0,
            warm_up=0,
            reference=PREF * P_MAX,
            correlation=correlation,
            detector=detector or Detector(),
        ),
        bounds=Bounds(at_resonance + LOW, at_resonance + HIGH),
        rngs=[np.random.default_rng([0, w]) for w in range(8)],
        n_evaluations=n + burn,
    )
    return np.concatenate([powers for _, powers in steps], axis=1)[:, burn:] / P_MAX


def with_error(of_walkers: NDArray[np.float64]) -> str:
    """Mean and standard error of what the walkers found."""
    error = np.std(of_walkers, ddof=1) / np.sqrt(len(of_walkers))
    return f"{np.mean(of_walkers):.4f} +- {error:.4f}"


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=2_000_000, help="of each of eight walkers")
    n = parser.parse_args().steps
    print("| s0 | k | in band | Ito | Stratonovich | mean P / Pmax | Ito |")
    print("|---|---|---|---|---|---|---|")
    for s0, k in BRAKES:
        log_sigma, seen = -k * np.log1p(AT / PREF), shares(s0, k, n)
        ito, stratonovich = (stationary(log_sigma, m) for m in (2.0, 1.0))
        print(
            f"| {s0} | {k} | {with_error((seen > 0.5).mean(axis=1))} | {ito[AT > 0.5].sum():.4f} "
            f"| {stratonovich[AT > 0.5].sum():.4f} | {with_error(seen.mean(axis=1))} "
            f"| {ito @ AT:.4f} |",
            flush=True,
        )
    print("\n| r | detector | m | of steps | of long times |\n|---|---|---|---|---|")
    log_sigma = -0.5 * np.log1p(AT / PREF)
    for kind in ("low-pass", "delay"):
        for r in LAGS if kind == "low-pass" else LAGS[1:]:
            lag = r * CORRELATION
            late = kind == "delay"
            detector = Detector(delay=round(lag)) if late else Detector(time=lag)
            seen = shares(0.02, 0.5, n, correlation=CORRELATION, detector=detector)
            visited = (-0.5 * np.log1p(seen / PREF)).mean(axis=1)
            of_walkers = np.array([exponent_seen(log_sigma, one) for one in visited])
            limit = 2 - np.exp(-r) if late else (1 + 2 * r) / (1 + r)
            print(
                f"| {r} | {kind} | {with_error(of_walkers)} "
                f"| {exponent(CORRELATION, detector):.3f} | {limit:.3f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
