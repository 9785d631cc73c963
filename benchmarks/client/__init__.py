"""What the client costs: images per second beside wrk, processor seconds, memory, time to the first byte."""
