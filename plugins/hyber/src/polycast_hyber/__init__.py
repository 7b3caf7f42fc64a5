"""GMS/Hyber for Polycast.

import polycast

hyber = polycast.connect("hyber", login="...", password="...", client_id="...")
hyber.send(polycast.Message("+380961111111", text="Your table is ready", sender="GMSU"))
"""

from polycast_hyber.options import Options, Push, Sms, Viber, WhatsApp
from polycast_hyber.provider import Hyber, Settings

__all__ = ["Hyber", "Options", "Push", "Settings", "Sms", "Viber", "WhatsApp"]
