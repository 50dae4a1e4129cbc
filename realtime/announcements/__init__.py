"""Announcements: a few words to everyone in a room, or to the whole event."""
