"""Tests of the folder of published models."""
