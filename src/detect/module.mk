# Files of src/detect, its tests and its fuzzers.
