"""What the embedded model server costs: start, one call, many clients, versions that swap."""
