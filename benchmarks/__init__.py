"""Measurements side by side, in one run, against what one would write otherwise."""
