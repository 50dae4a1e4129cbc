"""Pages of people: signing in, the welcome, the profile, security, and "my data"."""
