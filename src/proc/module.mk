# Files of src/proc, its tests and its fuzzers.
