"""Chat: what people write to each other in a room."""
