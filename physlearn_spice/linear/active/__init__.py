"""Couplings and controlled sources: modified nodal analysis, its pivots chosen once."""
