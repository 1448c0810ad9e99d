"""Scores, ranking, co-occurrence and small systems: `native/ranking.c`."""

from __future__ import annotations

import numpy as np

from loops.sums import backward

WIDE, BLOCK = 32, 256


def gram(indptr, codes, weights, discount, size, blocks):
    """X'DX of compressed rows of ones, or X'DW where W weighs the entries, shape (size, size);
    length 0 stands for ones.

    Rows are cut into `blocks` fixed blocks whose sums are added in block order: the bits depend on
    `blocks`, never on threads.
    """
    rows = len(indptr) - 1
    parts = np.zeros((blocks, size, size))
    plain = len(weights) == 0
    for b in range(blocks):
        part = parts[b]
        for r in range(rows * b // blocks, rows * (b + 1) // blocks):
            d = discount[r] if len(discount) else 1.0
            for e in range(indptr[r], indptr[r + 1]):
                row = part[codes[e]]
                for f in range(indptr[r], e + 1 if plain else indptr[r + 1]):
                    row[codes[f]] += d if plain else d * weights[f]
    total = parts[0]
    for b in range(1, blocks):
        total += parts[b]
    if plain:
        for i in range(size):
            for j in range(i):
                total[i, j] += total[j, i]
                total[j, i] = total[i, j]
    return total


def add_rows(buffer, start, stop, codes, weights, matrix):
    """Add to the buffer the sum of weights * matrix[codes], entry after entry (four at a time only
    to touch the buffer less)."""
    width = len(buffer)
    e = start
    while e + 4 <= stop:
        a, b, c, d = (
            matrix[codes[e]],
            matrix[codes[e + 1]],
            matrix[codes[e + 2]],
            matrix[codes[e + 3]],
        )
        if len(weights):
            u, v, w, x = weights[e], weights[e + 1], weights[e + 2], weights[e + 3]
        else:
            u, v, w, x = 1.0, 1.0, 1.0, 1.0
        for j in range(width):
            buffer[j] = (((buffer[j] + u * a[j]) + v * b[j]) + w * c[j]) + x * d[j]
        e += 4
    while e < stop:
        a, u = matrix[codes[e]], weights[e] if len(weights) else 1.0
        for j in range(width):
            buffer[j] += u * a[j]
        e += 1


def score_rows(indptr, codes, weights, matrix):
    """Query rows times matrix, shape (rows, columns)."""
    rows = len(indptr) - 1
    out = np.zeros((rows, matrix.shape[1]))
    for r in range(rows):
        add_rows(out[r], indptr[r], indptr[r + 1], codes, weights, matrix)
    return out


def insert(score, column, k, found, scores, columns):
    """Put one candidate into a list sorted by score, then by column; returns the new length."""
    slot = found if found < k else k - 1
    while slot > 0 and (
        scores[slot - 1] < score or (scores[slot - 1] == score and columns[slot - 1] > column)
    ):
        scores[slot] = scores[slot - 1]
        columns[slot] = columns[slot - 1]
        slot -= 1
    scores[slot] = score
    columns[slot] = column
    return min(found + 1, k)


def select(buffer, limit, allowed, column_of, k, scores, columns):
    """The k best allowed positions of a buffer (-inf = taken out), ties by column."""
    found = 0
    start = 0
    while start < limit:
        stop = min(start + WIDE, limit)
        if found == k:
            least = scores[k - 1]
            beats = 0
            for j in range(start, stop):
                beats += buffer[j] >= least
            if beats == 0:
                start = stop
                continue
        for j in range(start, stop):
            score = buffer[j]
            if score == -np.inf or not allowed[j]:
                continue
            column = column_of[j]
            if found == k and (
                score < scores[k - 1] or (score == scores[k - 1] and column > columns[k - 1])
            ):
                continue
            found = insert(score, column, k, found, scores, columns)
        start = stop


def rank_rows(query, matrix, held, jobs, shelf, k):
    """Masked exact top-k, fused with scoring; see `ranking.masked_top_k`. `jobs`: query row and
    class; `catalogue`: the fields of a `Layout`."""
    row_of, class_of = jobs
    allowed, limits, column_of, position_of = shelf
    count = len(row_of)
    top, best = np.full((count, k), -1, dtype=np.int64), np.full((count, k), np.nan)
    for b in range((count + BLOCK - 1) // BLOCK):
        whole = np.empty(matrix.shape[1])
        for i in range(b * BLOCK, min(count, (b + 1) * BLOCK)):
            r, group = row_of[i], class_of[i]
            limit = limits[group]
            buffer = whole[:limit]
            buffer[:] = 0.0
            add_rows(buffer, query[0][r], query[0][r + 1], query[1], query[2], matrix)
            for e in range(held[0][r], held[0][r + 1]):
                if held[1][e] < len(position_of) and position_of[held[1][e]] < limit:
                    buffer[position_of[held[1][e]]] = -np.inf
            select(buffer, limit, allowed[group], column_of, k, best[i], top[i])
    return top, best


def solve_rows(indptr, codes, factors, base, scale, ridge, extra, right):
    """Each row's (scale * base + ridge * I + extra * sum of q q')^-1 right, by Cholesky in a fixed
    order, shape (rows, f)."""
    rows, size = len(indptr) - 1, factors.shape[1]
    out = right.copy()
    for r in range(rows):
        system = base * scale[r]
        for i in range(size):
            system[i, i] += ridge
        for e in range(indptr[r], indptr[r + 1]):
            q = factors[codes[e]]
            for i in range(size if extra != 0.0 else 0):
                own = extra * q[i]
                for j in range(i, size):
                    system[i, j] += own * q[j]
        solve(system, out[r])
    return out


def solve(system, right):
    """Solve a small symmetric positive definite system in place (upper triangle given), row after
    row so that the inner loops run wide."""
    size = len(right)
    for t in range(size):
        pivot = np.sqrt(system[t, t])
        for j in range(t, size):
            system[t, j] /= pivot
        right[t] /= pivot
        for i in range(t + 1, size):
            factor = system[t, i]
            right[i] -= factor * right[t]
            for j in range(i, size):
                system[i, j] -= factor * system[t, j]
    backward(system.T, size, right)
