"""Ogangi (Messangi) for Polycast."""
