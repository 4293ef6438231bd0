# Files of src/gomem, its tests and its fuzzers.
