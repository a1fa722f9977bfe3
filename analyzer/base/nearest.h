// SPDX-License-Identifier: Apache-2.0
/*
 * The nearest name to a misspelt word: what every "unknown X, did you mean
 * Y?" message asks.  Distance counts inserted, dropped, changed and swapped
 * letters, ASCII case ignored.  Ask ntr_nearest_try() for every name there is;
 * the best stays NULL when none is near.
 */
#ifndef NTR_NEAREST_H
#define NTR_NEAREST_H

#include "ntr_types.h"

#define NTR_NEAREST_MAX 48u /* longer words have no nearest name */

/* Distance of two words; UINT_MAX when one is too long. */
unsigned ntr_word_distance(const char *a, const char *b);

/* Keeps the better of *best (may be NULL) and name for word, when it is near
 * enough to suggest: at most a third of the word, at least 1. */
void ntr_nearest_try(const char *word, const char *name, const char **best);

#endif
