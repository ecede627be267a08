"""A smooth field of directions on a page, fitted to measured ones, and the curves that follow it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

NODES = 16
"""Nodes of the field in each direction, between which it is bilinear."""

SMOOTHNESS, FLATNESS = 0.6, 0.012
"""Weights of the field's second and first differences against the measured slopes, of weight 1 on average."""

SCALES = (0.12, 0.06, 0.03, 0.02, 0.02)
"""Scale of residuals beyond which a measurement counts little, pass by pass: some lines run across all others."""


@dataclass(frozen=True, slots=True)
class SlopeField:
    """Slopes of curves over an area of `length` along the curves and `breadth` across; float64 [NODES, NODES]."""

    nodes: Floats
    length: float
    breadth: float

    def at(self, along: Floats, across: Floats) -> Floats:
        """Return the slopes at points, those at the nearest edge for points outside."""
        column, right = _between(along, self.length)
        row, lower = _between(across, self.breadth)
        upper = self.nodes[row, column] * (1 - right) + self.nodes[row, column + 1] * right
        below = self.nodes[row + 1, column] * (1 - right) + self.nodes[row + 1, column + 1] * right
        slopes: Floats = upper * (1 - lower) + below * lower
        return slopes

    def curves(self, starts: Floats, positions: Floats) -> Floats:
        """Return where curves are, float64 [starts, positions]; they start in the middle of the positions.

        They follow the field by Heun's method, and do not cross one another as it is smooth.
        """
        curves = np.empty((len(starts), len(positions)))
        middle = len(positions) // 2
        curves[:, middle] = starts
        for order in (range(middle + 1, len(positions)), range(middle - 1, -1, -1)):
            for index in order:
                before = index - order.step
                step = positions[index] - positions[before]
                first = self.at(np.full(len(starts), positions[before]), curves[:, before])
                second = self.at(np.full(len(starts), positions[index]), curves[:, before] + first * step)
                curves[:, index] = curves[:, before] + step * (first + second) / 2
        return curves


def fitted_field(points: Floats, slopes: Floats, weights: Floats, length: float, breadth: float) -> SlopeField:
    """Fit a field to slopes measured at points [n, 2] (along, across), by robust regularised least squares."""
    column, right = _between(points[:, 0], length)
    row, lower = _between(points[:, 1], breadth)
    rows = np.arange(len(points))
    basis = np.zeros((len(points), NODES * NODES))
    for down, vertical in ((0, 1 - lower), (1, lower)):
        for aside, horizontal in ((0, 1 - right), (1, right)):
            basis[rows, (row + down) * NODES + column + aside] = vertical * horizontal
    penalty = SMOOTHNESS * _penalty((1.0, -2.0, 1.0)) + FLATNESS * _penalty((-1.0, 1.0)) + 1e-9 * np.eye(NODES**2)
    usual = weights / weights.mean()
    robust = np.ones(len(points))
    nodes = np.zeros(NODES**2)
    for scale in SCALES:
        weighted = basis.T * (usual * robust)
        nodes = np.linalg.solve(weighted @ basis + penalty, weighted @ slopes)
        robust = 1 / (1 + ((slopes - basis @ nodes) / scale) ** 2) ** 2
    return SlopeField(nodes.reshape(NODES, NODES), length, breadth)


def _penalty(differences: Sequence[float]) -> Floats:
    """Return the matrix of the squared differences of neighbouring nodes in both directions."""
    line = np.zeros((NODES - len(differences) + 1, NODES))
    for index, factor in enumerate(differences):
        line[np.arange(len(line)), np.arange(len(line)) + index] = factor
    squared = line.T @ line
    matrix: Floats = np.kron(np.eye(NODES), squared) + np.kron(squared, np.eye(NODES))
    return matrix


def _between(values: Floats, length: float) -> tuple[npt.NDArray[np.intp], Floats]:
    """Return the node before each value, and the fraction of the way to the next one."""
    scaled = np.clip(values / max(length, 1e-9) * (NODES - 1), 0, NODES - 1 - 1e-6)
    node = scaled.astype(np.intp)
    return node, scaled - node
