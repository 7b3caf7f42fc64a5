"""Providers and wrappers: the hooks, how they are found, and how they are called."""
