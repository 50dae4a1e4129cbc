"""Reactions: applause and the like, many at once, counted and never told one by one."""
