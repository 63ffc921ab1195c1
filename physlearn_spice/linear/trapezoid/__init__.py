"""Transients by the trapezoidal rule at a fixed step, factored once."""
