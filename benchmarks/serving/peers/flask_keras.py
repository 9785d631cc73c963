"""Flask with Keras, as most tutorials show it: one ``model.predict`` per request, under gunicorn.

gunicorn --workers 2 --threads 4 'benchmarks.serving.peers.flask_keras:application()'
"""

from __future__ import annotations

import keras
import tensorflow as tf
from flask import Flask, Response, jsonify, request

from benchmarks.serving.peers.model import answers, decode, decode_all, folder, labels, limit_threads


def application() -> Flask:
    """Build the application, with the SavedModel as a Keras layer, which is how Keras 3 loads one."""
    limit_threads()
    saved_model = str(folder())
    names = labels(tf.saved_model.load(saved_model))
    inputs = keras.Input((28, 28, 1))
    layer = keras.layers.TFSMLayer(saved_model, call_endpoint="serving_default")
    model = keras.Model(inputs, layer(inputs)["probabilities"])
    app = Flask(__name__)

    @app.post("/predict")
    def predict() -> Response:
        if request.mimetype.startswith("image/"):
            images = decode(request.get_data())[None]
        else:
            images = decode_all(request.get_json()["images"])
        return jsonify(predictions=answers(model.predict(images, verbose=0), names))

    return app
