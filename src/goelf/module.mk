# Files of src/goelf, its tests and its fuzzers.
