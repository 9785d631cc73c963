"""Tests of the gateway against a fake model server: no sockets."""
