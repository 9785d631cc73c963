"""What callers get when something fails: real processes, many callers, a model server that misbehaves."""
