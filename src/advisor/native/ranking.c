/* Scores, ranking, co-occurrence and small systems of the recommenders. Each treats a client's row on its own, entry after entry.
 *
 * Reference of every function: tests/loops/ranking.py.
 */
#include "advisor.h"

enum { WIDE = 32 };

/* Compressed rows: entries start[r] to start[r + 1]; without weights every entry weighs 1. */
typedef struct {
    const integer *start, *codes;
    const double *weights;
} Rows;

/* Add to the buffer the sum of weights * matrix[codes], entry after entry (four at a time only to touch the buffer less). Reference: `add_rows`. */
static void add_rows(double *restrict buffer, integer count, const Rows *q, integer row, integer width, const double *matrix) {
    integer e = q->start[row], stop = q->start[row + 1];
    for (; e + 4 <= stop; e += 4) {
        const double *a = matrix + q->codes[e] * width, *b = matrix + q->codes[e + 1] * width, *c = matrix + q->codes[e + 2] * width;
        const double *d = matrix + q->codes[e + 3] * width;
        if (q->weights == NULL) {
            for (integer j = 0; j < count; j++) buffer[j] = (((buffer[j] + a[j]) + b[j]) + c[j]) + d[j];
        } else {
            double u = q->weights[e], v = q->weights[e + 1], w = q->weights[e + 2], x = q->weights[e + 3];
            for (integer j = 0; j < count; j++) buffer[j] = (((buffer[j] + u * a[j]) + v * b[j]) + w * c[j]) + x * d[j];
        }
    }
    for (; e < stop; e++) add_scaled(count, buffer, q->weights == NULL ? 1.0 : q->weights[e], matrix + q->codes[e] * width);
}

/* Query rows times matrix. Reference: `score_rows`. */
ADVISOR_API integer advisor_score_rows(integer first, integer last, integer ends, const integer *start, integer entries, const integer *codes,
                                       integer weighted, const double *weights, integer items, integer width, const double *matrix, integer rows,
                                       double *out) {
    (void)ends;
    (void)entries;
    (void)items;
    (void)rows;
    Rows q = {start, codes, weighted > 0 ? weights : NULL};
    for (integer r = first; r < last; r++) {
        fill(width, out + r * width, 0.0);
        add_rows(out + r * width, width, &q, r, width, matrix);
    }
    return DONE;
}

/* X'DX of compressed rows of ones (lower half), or X'DW where W weighs the entries: the sums of blocks `first` to `last` of all rows, one matrix a
 * block. Reference: `gram`. */
ADVISOR_API integer advisor_gram(integer first, integer last, integer ends, const integer *start, integer entries, const integer *codes,
                                 integer weighted, const double *weights, integer discounted, const double *discount, integer blocks,
                                 integer size, double *parts) {
    (void)entries;
    integer rows = ends - 1;
    for (integer b = first; b < last; b++) {
        double *part = parts + b * size * size;
        for (integer r = rows * b / blocks; r < rows * (b + 1) / blocks; r++) {
            double d = discounted > 0 ? discount[r] : 1.0;
            for (integer e = start[r]; e < start[r + 1]; e++) {
                double *row = part + codes[e] * size;
                for (integer f = start[r]; f < (weighted > 0 ? start[r + 1] : e + 1); f++) row[codes[f]] += weighted > 0 ? d * weights[f] : d;
            }
        }
    }
    return DONE;
}

/* Put one candidate into a list sorted by score, then by column; the new length. Reference: `insert`. */
static integer insert_candidate(double score, integer column, integer k, integer count, double *scores, integer *columns) {
    integer slot = count < k ? count : k - 1;
    while (slot > 0 && (scores[slot - 1] < score || (scores[slot - 1] == score && columns[slot - 1] > column))) {
        scores[slot] = scores[slot - 1];
        columns[slot] = columns[slot - 1];
        slot -= 1;
    }
    scores[slot] = score;
    columns[slot] = column;
    return count + 1 < k ? count + 1 : k;
}

/* The k best allowed positions of a buffer (-inf = taken out), ties by column. Reference: `select`. */
static void select_best(const double *buffer, integer limit, const bool *allowed, const integer *column_of, integer k, double *scores,
                        integer *columns) {
    integer count = 0;
    for (integer start = 0; start < limit; start += WIDE) {
        integer stop = start + WIDE < limit ? start + WIDE : limit;
        if (count == k) {
            integer beats = 0;
            double least = scores[k - 1];
            for (integer j = start; j < stop; j++) beats += buffer[j] >= least;
            if (beats == 0) continue;
        }
        for (integer j = start; j < stop; j++) {
            double score = buffer[j];
            if (score == -INFINITY || !allowed[j]) continue;
            integer column = column_of[j];
            if (count == k && (score < scores[k - 1] || (score == scores[k - 1] && column > columns[k - 1]))) continue;
            count = insert_candidate(score, column, k, count, scores, columns);
        }
    }
}

/* Masked exact top-k, fused with scoring: jobs `first` to `last`. Reference: `rank_rows`. */
ADVISOR_API integer advisor_rank_rows(integer first, integer last, integer ends, const integer *start, integer entries, const integer *codes,
                                      integer weighted, const double *weights, integer items, integer width, const double *matrix,
                                      integer held_ends, const integer *held_start, integer held_entries, const integer *held, integer jobs,
                                      const integer *row_of, const integer *class_of, integer classes, const bool *allowed,
                                      const integer *limits, const integer *column_of, integer columns, const integer *position_of, integer k,
                                      integer *top, double *best) {
    (void)ends;
    (void)entries;
    (void)items;
    (void)held_ends;
    (void)held_entries;
    (void)jobs;
    (void)classes;
    Rows q = {start, codes, weighted > 0 ? weights : NULL};
    Room room = {0};
    double *buffer = take_numbers(&room, width);
    for (integer i = first; i < last && !room.failed; i++) {
        integer r = row_of[i], group = class_of[i], limit = limits[group];
        fill(limit, buffer, 0.0);
        add_rows(buffer, limit, &q, r, width, matrix);
        for (integer e = held_start[r]; e < held_start[r + 1]; e++) {
            if (held[e] >= 0 && held[e] < columns && position_of[held[e]] < limit) buffer[position_of[held[e]]] = -INFINITY;
        }
        select_best(buffer, limit, allowed + group * width, column_of, k, best + i * k, top + i * k);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}

/* Solve a small symmetric positive definite system in place (upper triangle given), row after row. Reference: `solve`. */
static void solve_system(integer size, double *system, double *right) {
    for (integer t = 0; t < size; t++) {
        double *row = system + t * size, pivot = sqrt(row[t]);
        for (integer j = t; j < size; j++) row[j] /= pivot;
        right[t] /= pivot;
        for (integer i = t + 1; i < size; i++) {
            right[i] -= row[i] * right[t];
            take_scaled(size - i, system + i * size + i, row[i], row + i);
        }
    }
    backward(size, system, size, right);
}

/* Each row's (scale * base + ridge * I + extra * sum of q q')^-1 right, by Cholesky in a fixed order, in place. Reference: `solve_rows`. */
ADVISOR_API integer advisor_solve_rows(integer first, integer last, integer ends, const integer *start, integer entries, const integer *codes,
                                       integer items, integer size, const double *factors, const double *base, integer rows,
                                       const double *scale, double ridge, double extra, double *right) {
    (void)ends;
    (void)entries;
    (void)items;
    (void)rows;
    Room room = {0};
    double *system = take_numbers(&room, size * size);
    for (integer r = first; r < last && !room.failed; r++) {
        for (integer i = 0; i < size * size; i++) system[i] = base[i] * scale[r];
        for (integer i = 0; i < size; i++) system[i * size + i] += ridge;
        for (integer e = start[r]; e < start[r + 1] && extra != 0.0; e++) {
            const double *q = factors + codes[e] * size;
            for (integer i = 0; i < size; i++) add_scaled(size - i, system + i * size + i, extra * q[i], q + i);
        }
        solve_system(size, system, right + r * size);
    }
    give_back(&room);
    return room.failed ? OUT_OF_MEMORY : DONE;
}
