"""Matchmaking: who should meet whom, and when and where all of them meet."""
