"""The serving side: the contract, the preprocessing, the gateway and the embedded model server."""
