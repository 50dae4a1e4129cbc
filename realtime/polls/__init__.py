"""Polls: what those who run a room ask everyone in it, and what came of it."""
