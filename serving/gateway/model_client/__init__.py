"""The model server as the gateway sees it, over gRPC."""
