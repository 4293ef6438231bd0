# Files of src/views, its tests and its fuzzers.
