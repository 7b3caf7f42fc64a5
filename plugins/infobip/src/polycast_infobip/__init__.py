"""Infobip for Polycast: SMS, Viber and WhatsApp.

import polycast

infobip = polycast.connect("infobip", api_key="...", base_url="https://xxxxx.api.infobip.com")
infobip.send(polycast.Message("+41793026727", text="Your table is ready", sender="Tavern"))
"""

from polycast_infobip.options import Button, DeliveryWindow, IndiaDlt, Options, Tracking
from polycast_infobip.provider import Infobip, Settings

__all__ = ["Button", "DeliveryWindow", "IndiaDlt", "Infobip", "Options", "Settings", "Tracking"]
