# Files of src/record, its tests and its fuzzers.
