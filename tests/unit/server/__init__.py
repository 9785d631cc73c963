"""Tests of serving.gateway.server without sockets of its own."""
