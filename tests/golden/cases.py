"""The table of golden screens; run.py says what a row means."""

CASES = ()
