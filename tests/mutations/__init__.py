"""Providers with one thing broken on purpose, and the promise that each of them breaks."""

from tests.mutations import asking, failing, guarding, sending, telling  # noqa: F401 - each fills the table
from tests.mutations.making import MUTATIONS, Mutation

__all__ = ["MUTATIONS", "Mutation"]
