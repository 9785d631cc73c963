"""Corrections: pictures with the labels that users gave them, kept for the next training."""
