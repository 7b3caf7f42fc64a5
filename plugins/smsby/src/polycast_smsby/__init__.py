"""sms.by for Polycast."""
