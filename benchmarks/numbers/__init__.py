"""How well whole numbers are read: real pictures, and synthetic pages of MNIST's digits."""
