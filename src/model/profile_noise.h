/* profile_noise.h - what sampling leaves uncertain, sample by sample. */
#ifndef RESIDUE_MODEL_PROFILE_NOISE_H
#define RESIDUE_MODEL_PROFILE_NOISE_H

#include <residue/model/profile.h>

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The profile has what profile_error_bytes needs. */
bool profile_has_noise(const struct profile *p);
/* Variance of the inuse_space of sample i, in bytes squared; 0 where the
 * profile has no noise to speak of. */
double profile_noise(const struct profile *p, size_t i);
/* Half width of the 95% band of a sum of that variance, in bytes. */
int64_t profile_noise_band(double variance);

#endif
