"""Slides: documents that are shown page by page, in step for everyone in a room."""
