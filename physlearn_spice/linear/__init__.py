"""The linear engine: resistors, inductors and capacitors without ngspice."""
