"""The peers, each set up as its documentation recommends and running in its own environment."""
