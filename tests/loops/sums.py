"""The orders of summation of `native/advisor.h`, as plain Python."""

from __future__ import annotations

import numpy as np

from advisor.native.library import Function

_EXP, _ERFC = (Function(name, "x:f8[n] out=f8[n]") for name in ("advisor_exp", "advisor_erfc"))


def _one(function, x):
    out = np.empty(1)
    function(np.array([x], dtype=np.float64), out)
    return out[0]


def exp(x):
    """Of the library, which tests of its own hold against exact arithmetic."""
    return _one(_EXP, x)


def erfc(x):
    """Of the library, likewise."""
    return _one(_ERFC, x)


def dot(x, y, k):
    """Eight lanes of every eighth product, folded in a written order, and the rest one by one."""
    lanes, whole = [0.0] * 8, k - k % 8
    for i in range(whole):
        lanes[i % 8] += x[i] * y[i]
    a, b = lanes[:4], lanes[4:]
    s = ((a[0] + b[0]) + (a[2] + b[2])) + ((a[1] + b[1]) + (a[3] + b[3]))
    for i in range(whole, k):
        s += x[i] * y[i]
    return s


def forward(L, k, x):
    """x becomes the solution of Lx = x."""
    for a in range(k):
        s = x[a]
        for b in range(a):
            s -= L[a, b] * x[b]
        x[a] = s / L[a, a]


def backward(L, k, x):
    """x becomes the solution of L'x = x."""
    for a in range(k - 1, -1, -1):
        x[a] = (x[a] - dot(L[a + 1 : k, a], x[a + 1 : k], k - a - 1)) / L[a, a]
