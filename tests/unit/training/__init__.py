"""Unit tests of the training job."""
