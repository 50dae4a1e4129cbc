"""Questions of the people in the hall and online, in one queue, and the order in which they speak."""
