"""Mozes for Polycast."""

from polycast_mozes.provider import Mozes, Settings

__all__ = ["Mozes", "Settings"]
