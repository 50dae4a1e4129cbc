"""The green room, going live and ending, and what people think of it afterwards."""
