"""Noise and a brake: a network that shakes until it absorbs, and then holds still.

The state is x, the logarithm of the component values. Each step reads the absorbed power P (and
each component's own share p_j), sets the noise by it, and walks:

    x <- x + sigma(P) xi,    xi ~ N(0, 1),    reflected at the bounds,

with sigma falling as the absorbed power rises. A detector may stand between P and the brake, the
noise may have a correlation time, and a memory may take back a step. :mod:`.together` holds the
same loop, compiled, for many walkers on the linear engine.
"""

from .baselines import BASELINES
from .brakes import (
    Brake,
    exponential_brake,
    global_brake,
    local_brake,
    local_global_brake,
    no_brake,
)
from .counted import Counted, Method, ask
from .detector import Detector
from .job import Job, Tuned, engine_for
from .memory import Memory, forget, leaky_latch
from .objective import (
    Absorbed,
    Objective,
    absorbed_at_tones,
    absorbed_power_at,
    dissipated_power_at,
)
from .recipes import RECIPES, recipe
from .rule import Tuner
from .tuning import compare, tune
from .walk import Bounds, Info, State, around, init, reflect, step, walk

__all__ = [
    "BASELINES",
    "RECIPES",
    "Absorbed",
    "Bounds",
    "Brake",
    "Counted",
    "Detector",
    "Info",
    "Job",
    "Memory",
    "Method",
    "Objective",
    "State",
    "Tuned",
    "Tuner",
    "absorbed_at_tones",
    "absorbed_power_at",
    "around",
    "ask",
    "compare",
    "dissipated_power_at",
    "engine_for",
    "exponential_brake",
    "forget",
    "global_brake",
    "init",
    "leaky_latch",
    "local_brake",
    "local_global_brake",
    "no_brake",
    "recipe",
    "reflect",
    "step",
    "tune",
    "walk",
]
