"""The peers, each as its own documentation recommends; every server runs in an environment of its own."""
