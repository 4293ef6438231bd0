# Files of src/model, its tests and its fuzzers.
