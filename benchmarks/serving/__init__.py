"""This project beside what one would use instead: the same model, the same pictures, the same machine."""
