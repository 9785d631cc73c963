"""Corrections: pictures with the label that users say is right, kept for the next training."""
