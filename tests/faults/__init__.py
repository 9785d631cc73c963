"""What breaks around the gateway, and what callers see of it; ``python -m tests.faults`` goes on for long."""
