"""The client: a small library and the command line for classifying image files through the gateway."""
