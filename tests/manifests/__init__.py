"""What ``make manifests`` checks with tools of its own: schemas, policies, Dockerfiles, alert rules.

The tools are locked in requirements/manifests.lock and live in an environment of their own, since one of
them pins versions that the project does not use. What needs none of them is in tests/unit/manifests.
"""
