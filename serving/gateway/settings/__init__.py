"""The gateway's settings: what can be set, and how each value is checked."""
