"""Tests with real servers on free ports."""
