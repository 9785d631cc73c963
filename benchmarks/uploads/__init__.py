"""How many real uploads are classified right: by kind, by style, and with each step switched off."""
