"""Measured figures, kept with the date, the machine and the command, and the page that is made of them."""
