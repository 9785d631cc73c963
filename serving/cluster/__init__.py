"""``python -m serving.cluster``: which versions serve in a Kubernetes cluster, changed without a new pod.

TensorFlow Serving reads its file of models again while it runs (``--model_config_file_poll_wait_seconds``),
and that file is the ConfigMap ``tensorflow-serving-models``. A change is done when every replica says so.
"""
