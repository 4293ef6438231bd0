# Tests that are not units of one folder.
