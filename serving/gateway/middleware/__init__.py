"""What surrounds every request: identity, limits, headers, errors."""
