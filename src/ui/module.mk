# Files of src/ui, its tests and its fuzzers.
