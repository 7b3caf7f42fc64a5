"""Answers made from the specs and damaged, given to the plugins."""
