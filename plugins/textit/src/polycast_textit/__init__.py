"""TextIt and RapidPro for Polycast.

import polycast

textit = polycast.connect("textit", token="...")
textit.send(polycast.Message("+250788123123", text="Your table is ready"))
"""

from polycast_textit.options import Options, QuickReply
from polycast_textit.provider import Settings, TextIt

__all__ = ["Options", "QuickReply", "Settings", "TextIt"]
