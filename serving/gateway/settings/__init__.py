"""The gateway's settings, and how each value is checked."""
