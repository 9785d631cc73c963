"""What the client costs: images a second beside wrk, processor seconds, memory, time to the first byte."""
