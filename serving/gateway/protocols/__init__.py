"""The formats of requests and answers: bodies and options are read into plain values."""
