"""Kirchhoff networks that learn by resonance, simulated by ngspice."""
