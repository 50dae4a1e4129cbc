"""Captions: what is said on the stage, in letters, in several languages."""
