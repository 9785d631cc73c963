"""The OpenAPI document that the gateway serves."""
