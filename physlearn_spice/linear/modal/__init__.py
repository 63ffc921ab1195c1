"""State equations of a network: its modes, and exact propagation in time."""
