// SPDX-License-Identifier: Apache-2.0
/*
 * The short integer names and the attributes every other header uses.
 * Nothing else belongs here.
 */
#ifndef NTR_TYPES_H
#define NTR_TYPES_H

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define NTR_MUST __attribute__((warn_unused_result))
#define NTR_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define NTR_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define NTR_LIKELY(x) __builtin_expect(!!(x), 1)
#define NTR_UNLIKELY(x) __builtin_expect(!!(x), 0)

#endif
