"""Several accounts in one: what a provider certainly did not carry out goes to the next."""

from polycast.routes.route import Member, Route
from polycast.routes.turns import Turns

__all__ = ["Member", "Route", "Turns"]
