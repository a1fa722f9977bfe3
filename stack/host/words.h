// SPDX-License-Identifier: Apache-2.0
/*
 * Words that people write, on a command line, in a workload, in a packet script:
 * one of a list, or a number within bounds; and what is said when it is not.
 *
 * Invariant: a list is one text, its words parted by single blanks; a word is
 * itself or it is wrong, there are no abbreviations.
 *
 * To add a kind of value: a function here that says whether a text is one.
 */
#ifndef HOST_WORDS_H
#define HOST_WORDS_H

#include "../ex/ex.h"

#include <stdio.h>

/* One more word at the end of a list. */
void words_add(char *list, size_t size, const char *word);
/* Which one of the list; -1: none. */
int words_find(const char *list, const char *word);
/* "there is no WHAT \"x\"; did you mean \"y\"?", or what there is. */
void words_unknown(char *to, size_t size, const char *what, const char *list,
		   const char *word);
/* A whole number, decimal or with 0x, and nothing behind it. */
bool words_number(const char *s, u64 *v);
bool words_real(const char *s, double *v);   /* not below 0, finite */
/* The next line of a text, without its end: 1; 0: no more; -1: this is no text,
 * and why says so. A line has at most size - 2 characters. */
int words_line(FILE *f, char *to, size_t size, char *why, size_t why_size);
/* "192.0.2.1" or "2001:db8::1"; prefix: with "/BITS" behind it. */
bool words_address(const char *s, int family, bool prefix);

#endif
