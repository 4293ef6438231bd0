/*
 * sat.h - arithmetic that stays at the ends of its range.
 *
 * A figure is a target's word: a profile or a MemStats may say 2^63 - 1. A sum
 * of such stays there, as untrue as it was; overflow would be undefined, and a
 * loop up to one of them might never end.
 */
#ifndef RESIDUE_BASE_SAT_H
#define RESIDUE_BASE_SAT_H

#include <stdint.h>

static inline int64_t sat_add(int64_t a, int64_t b)
{
	int64_t sum;

	if (__builtin_add_overflow(a, b, &sum))
		return b < 0 ? INT64_MIN : INT64_MAX;
	return sum;
}

static inline int64_t sat_sub(int64_t a, int64_t b)
{
	int64_t difference;

	if (__builtin_sub_overflow(a, b, &difference))
		return b > 0 ? INT64_MIN : INT64_MAX;
	return difference;
}

static inline int64_t sat_mul(int64_t a, int64_t b)
{
	int64_t product;

	if (__builtin_mul_overflow(a, b, &product))
		return (a < 0) != (b < 0) ? INT64_MIN : INT64_MAX;
	return product;
}

static inline int64_t sat_abs(int64_t v)
{
	return v == INT64_MIN ? INT64_MAX : v < 0 ? -v : v;
}

#endif
