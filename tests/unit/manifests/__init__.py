"""The rendered manifests, the images and the monitoring files: what needs no tool but kubectl."""
