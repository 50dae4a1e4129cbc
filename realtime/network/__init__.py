"""How much a person's line carries, tried out before they join: data to fetch and to send, bounded in size and in number."""
