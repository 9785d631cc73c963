"""Are known vulnerabilities among the locked dependencies? ``python -m tests.audit``, or ``make audit``."""
