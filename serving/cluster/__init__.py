"""``python -m serving.cluster``: changes which versions serve in a Kubernetes cluster, without new pods.

TensorFlow Serving re-reads its file of models while it runs (``--model_config_file_poll_wait_seconds``). The
file is the ConfigMap ``tensorflow-serving-models``. A change is complete when every replica reports it.
"""
