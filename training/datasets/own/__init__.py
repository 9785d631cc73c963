"""The user's own pictures: found in one of four forms, prepared like uploads, checked and split."""
