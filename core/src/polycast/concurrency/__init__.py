"""Locks that survive a fork, and calls that must not wait."""
