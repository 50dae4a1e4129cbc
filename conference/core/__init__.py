"""What every package stands on: refusals, streams, facts, background work, translated text, time, and the tenant."""
