"""The stage: whose picture and sound a room sees and hears."""
