"""Tests of the embedded model server's parts."""
