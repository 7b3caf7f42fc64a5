"""Wrenpost for Polycast.

import polycast

wrenpost = polycast.connect("wrenpost", key="...")
wrenpost.send(polycast.Message("+12125554567", text="Your table is ready"))
"""

from polycast_wrenpost.options import Options
from polycast_wrenpost.provider import Settings, Wrenpost

__all__ = ["Options", "Settings", "Wrenpost"]
