"""Turns a provider's spec into a typed client."""
