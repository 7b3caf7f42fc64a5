"""Ogangi, later Messangi, for Polycast."""

from polycast_ogangi.options import Options
from polycast_ogangi.provider import Ogangi, Settings

__all__ = ["Ogangi", "Options", "Settings"]
