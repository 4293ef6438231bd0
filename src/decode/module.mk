# Files of src/decode, its tests and its fuzzers.
