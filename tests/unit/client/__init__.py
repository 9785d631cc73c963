"""Tests of the client library and of the command line, against a scripted HTTP server."""
