"""Providers with one thing broken on purpose, and the promise that each of them breaks."""

from tests.mutations import (  # noqa: F401 - each fills the table
    asking,
    failing,
    finding,
    guarding,
    mapping,
    reading,
    sending,
    telling,
)
from tests.mutations.making import MUTATIONS, Mutation

__all__ = ["MUTATIONS", "Mutation"]
