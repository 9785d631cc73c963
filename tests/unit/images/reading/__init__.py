"""Reading pages of several digits."""
