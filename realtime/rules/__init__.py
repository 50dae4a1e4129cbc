"""What holds in a room: what its people may do there, as those who run it have set."""
