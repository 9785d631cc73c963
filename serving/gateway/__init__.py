"""The Flask gateway: uploaded images in, labels and probabilities out."""
