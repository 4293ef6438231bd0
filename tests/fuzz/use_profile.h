/* use_profile.h - decode a body and ask of the profile all there is to ask. */
#ifndef FUZZ_USE_PROFILE_H
#define FUZZ_USE_PROFILE_H

#include <stddef.h>

void use_profile(const void *body, size_t n);

#endif
