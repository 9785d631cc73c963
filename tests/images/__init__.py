"""The images themselves, end to end: train, publish, serve, classify, end under load (``make images-test``).

Needs Linux, root and buildah, not a container engine: each image's file system is mounted read-only, with
a process tree of its own, an unprivileged user without capabilities, and only /tmp and /dev/shm to write to.
That is what the manifests ask of a cluster, but for two things that need an engine: there is no seccomp
profile and no limit on memory or processors, and the network is the machine's.
"""
