"""Driving-point admittance in exact rational arithmetic: no rounding, whatever the values."""

from __future__ import annotations

from fractions import Fraction

from physlearn_spice.elements import Capacitor, Inductor, Resistor
from physlearn_spice.network import Network

Complex = tuple[Fraction, Fraction]
ZERO = (Fraction(0), Fraction(0))


def product(x: Complex, y: Complex) -> Complex:
    return x[0] * y[0] - x[1] * y[1], x[0] * y[1] + x[1] * y[0]


def difference(x: Complex, y: Complex) -> Complex:
    return x[0] - y[0], x[1] - y[1]


def inverse(x: Complex) -> Complex:
    square = x[0] ** 2 + x[1] ** 2
    return x[0] / square, -x[1] / square


def exact_admittance(network: Network, omega: float, *, loaded: bool) -> complex:
    """I/V [S] of the first port, with the others closed, by Gaussian elimination."""
    w, port = Fraction(omega), network.ports[0]
    edges: list[tuple[str, str, Complex]] = []
    for e in network.elements:
        match e:
            case Resistor():
                y = (1 / Fraction(e.value), Fraction(0))
            case Capacitor():
                y = (Fraction(0), w * Fraction(e.value))
            case Inductor():
                y = (Fraction(0), -1 / (w * Fraction(e.value)))
            case _:
                raise AssertionError
        edges.append((e.a, e.b, y))
    same = {node: node for node in network.nodes}
    for other in network.ports[1:]:
        if other.resistance > 0:
            edges.append((other.plus, other.minus, (1 / Fraction(other.resistance), Fraction(0))))
        else:
            keep, drop = same[other.plus], same[other.minus]
            same = {node: keep if to == drop else to for node, to in same.items()}
    plus, minus = same[port.plus], same[port.minus]
    if loaded and port.resistance > 0:
        edges.append((plus, "source", (1 / Fraction(port.resistance), Fraction(0))))
        plus = same["source"] = "source"
    inner = [node for node in dict.fromkeys(same.values()) if node not in (plus, minus)]
    row = {node: k for k, node in enumerate([*inner, plus])}  # the port last
    matrix = [[ZERO] * len(row) for _ in row]
    for a, b, y in edges:
        a, b = same[a], same[b]
        for s, t in ((a, b), (b, a)):
            if a != b and s in row:
                matrix[row[s]][row[s]] = difference(matrix[row[s]][row[s]], (-y[0], -y[1]))
                if t in row:
                    matrix[row[s]][row[t]] = difference(matrix[row[s]][row[t]], y)
    for k in range(len(inner)):
        pivot = next((i for i in range(k, len(inner)) if matrix[i][k] != ZERO), None)
        if pivot is None:
            assert all(other[k] == ZERO for other in matrix)  # a part that the port alone holds
            continue
        matrix[k], matrix[pivot] = matrix[pivot], matrix[k]
        scale = inverse(matrix[k][k])
        for other in matrix[k + 1 :]:
            factor = product(other[k], scale)
            if factor != ZERO:
                other[k:] = [
                    difference(x, product(factor, y))
                    for x, y in zip(other[k:], matrix[k][k:], strict=True)
                ]
    real, imaginary = matrix[-1][-1]
    return complex(float(real), float(imaginary))
