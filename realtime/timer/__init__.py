"""The clock of whoever speaks, as those who run the room have set it."""
