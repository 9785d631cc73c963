"""Tests of serving.wire."""
