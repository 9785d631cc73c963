"""Tests of the models inside the gateway's workers."""
