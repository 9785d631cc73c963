"""Somebody's own pictures: found in one of four forms, prepared as uploads are, checked, split."""
