# Files of src/fetch, its tests and its fuzzers.
