"""What happens around every request: identity, limits, headers, errors."""
