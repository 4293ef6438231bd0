# Files of src/judge, its tests and its fuzzers.
