"""Keeping a room fit to be in: muting, removing, reports and what was decided about them, and the log of all such acts.

It stands above the other subjects, because a decision may take a message or a question away."""
