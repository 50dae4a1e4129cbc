"""Messages between two people who agreed to be reachable."""
