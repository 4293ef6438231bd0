# Files of src/sampler, its tests and its fuzzers.
