"""The scripts that carry versions through an object store."""
