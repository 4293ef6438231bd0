# Files of src/source, its tests and its fuzzers.
