"""Mozes for Polycast."""
