"""Request bodies and options read into plain values, and answers written out."""
