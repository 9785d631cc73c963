"""Classify, Regress and MultiInference: ``tf.Example`` records through a signature that parses them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from tensorflow_serving.apis import classification_pb2, inference_pb2, input_pb2, regression_pb2

from serving.model_server.catalog import Catalog, FoundServable
from serving.model_server.predict import DEFAULT_SIGNATURE, check_spec, fill_spec
from serving.model_server.signature import ServableSignature
from serving.model_server.status import Code, StatusError, invalid_argument
from serving.wire.tensors import Array, object_array

CLASSIFY = "tensorflow/serving/classify"
REGRESS = "tensorflow/serving/regress"


class Inference:
    """The three calls, on the models of a catalog.

    Args:
        catalog: the models.
        check_method: whether a signature must have the method name of the call.
    """

    def __init__(self, catalog: Catalog, *, check_method: bool = False) -> None:
        self._catalog = catalog
        self._check_method = check_method

    def classify(
        self, request: classification_pb2.ClassificationRequest
    ) -> classification_pb2.ClassificationResponse:
        """Label and score every example.

        Raises:
            StatusError: INVALID_ARGUMENT, the signature does not classify, or cannot parse the examples.
        """
        check_spec(request)
        response = classification_pb2.ClassificationResponse()
        with self._catalog.lease(request.model_spec) as found:
            signature = _signature(found, request.model_spec.signature_name)
            self._classify(found, signature, request.input, response.result)
        fill_spec(response.model_spec, found, signature.name)
        return response

    def regress(self, request: regression_pb2.RegressionRequest) -> regression_pb2.RegressionResponse:
        """Predict a value for every example.

        Raises:
            StatusError: INVALID_ARGUMENT, the signature does not regress, or cannot parse the examples.
        """
        check_spec(request)
        response = regression_pb2.RegressionResponse()
        with self._catalog.lease(request.model_spec) as found:
            signature = _signature(found, request.model_spec.signature_name)
            self._regress(found, signature, request.input, response.result)
        fill_spec(response.model_spec, found, signature.name)
        return response

    def multi(self, request: inference_pb2.MultiInferenceRequest) -> inference_pb2.MultiInferenceResponse:
        """Run several classifications and regressions of the same examples on the same model version.

        Raises:
            StatusError: INVALID_ARGUMENT, the tasks do not fit together; UNIMPLEMENTED, unknown method.
        """
        specs = [task.model_spec for task in request.tasks]
        if not specs or not specs[0].name:
            raise invalid_argument("ModelSpec has no name specified.")
        if any(spec.name != specs[0].name for spec in specs):
            raise invalid_argument(
                "All ModelSpecs in a MultiInferenceRequest must access the same model name."
            )
        response = inference_pb2.MultiInferenceResponse()
        with self._catalog.lease(specs[0]) as found:
            seen: set[str] = set()
            for task in request.tasks:
                name = task.model_spec.signature_name
                if name in seen:
                    raise invalid_argument(f"Duplicate evaluation of signature: {name}")
                seen.add(name)
                self._run_task(task, found, request.input, response.results.add())
        return response

    def _run_task(
        self,
        task: inference_pb2.InferenceTask,
        found: FoundServable,
        examples: input_pb2.Input,
        result: inference_pb2.InferenceResult,
    ) -> None:
        if task.method_name not in (CLASSIFY, REGRESS):
            message = f"Unsupported signature method_name: {task.method_name}"
            raise StatusError(Code.UNIMPLEMENTED, message)
        signature = _signature(found, task.model_spec.signature_name)
        if task.method_name == CLASSIFY:
            self._classify(found, signature, examples, result.classification_result)
        else:
            self._regress(found, signature, examples, result.regression_result)
        fill_spec(result.model_spec, found, signature.name)

    def _classify(
        self,
        found: FoundServable,
        signature: ServableSignature,
        examples: input_pb2.Input,
        result: classification_pb2.ClassificationResult,
    ) -> None:
        self._check(signature, CLASSIFY, "classification")
        _check_inputs(signature, "classification")
        outputs = [alias for alias in ("classes", "scores") if alias in signature.outputs]
        if not outputs:
            raise invalid_argument(
                "Expected classification signature outputs to contain at least one of "
                f'"classes" or "scores". Signature was: {signature.definition}'
            )
        feed = _serialized(examples)
        arrays = dict(zip(outputs, found.servable.run(signature, [feed], outputs), strict=True))
        for name, array in arrays.items():
            _check_matrix(name, array, len(feed))
        for row in range(len(feed)):
            _fill_classes(result.classifications.add(), arrays.get("classes"), arrays.get("scores"), row)

    def _regress(
        self,
        found: FoundServable,
        signature: ServableSignature,
        examples: input_pb2.Input,
        result: regression_pb2.RegressionResult,
    ) -> None:
        self._check(signature, REGRESS, "regression")
        _check_inputs(signature, "regression")
        if len(signature.outputs) != 1:
            raise invalid_argument("Expected one output Tensor.")
        if signature.outputs != ("outputs",):
            raise invalid_argument(f"No regression outputs found in SignatureDef: {signature.definition}")
        feed = _serialized(examples)
        (values,) = found.servable.run(signature, [feed], ["outputs"])
        if values.shape not in ((len(feed),), (len(feed), 1)) or values.dtype != np.float32:
            raise invalid_argument(
                f"Expected output Tensor of DT_FLOAT and shape [{len(feed)}] or [{len(feed)}, 1] "
                f"but got {values.dtype} {list(values.shape)}"
            )
        for value in values.ravel().tolist():
            result.regressions.add(value=value)

    def _check(self, signature: ServableSignature, method: str, kind: str) -> None:
        given = signature.definition.method_name
        if self._check_method and given != method:
            raise invalid_argument(f"Expected {kind} signature method_name to be {method}. Was: {given}")


def _signature(found: FoundServable, name: str) -> ServableSignature:
    signature = found.servable.signatures.get(name or DEFAULT_SIGNATURE)
    if signature is None:
        raise invalid_argument(f"No signature was found with the name: {name or DEFAULT_SIGNATURE}")
    return signature


def _check_inputs(signature: ServableSignature, kind: str) -> None:
    if len(signature.inputs) != 1:
        raise invalid_argument("Expected one input Tensor.")
    if signature.inputs != ("inputs",):
        raise invalid_argument(f"No {kind} inputs found in SignatureDef: {signature.definition}")


def _serialized(given: input_pb2.Input) -> Array:
    """The serialized examples; a common context is put before each, which merges the two records."""
    context = b""
    examples: Sequence[object] = given.example_list.examples
    if given.WhichOneof("kind") == "example_list_with_context":
        context = given.example_list_with_context.context.SerializeToString()
        examples = given.example_list_with_context.examples
    if not examples:
        raise invalid_argument("Input is empty.")
    return object_array([context + each.SerializeToString() for each in examples])  # type: ignore[attr-defined]


def _check_matrix(name: str, array: Array, rows: int) -> None:
    if array.ndim != 2:
        raise invalid_argument(f"Expected Tensor shape: [batch_size num_classes] but got {list(array.shape)}")
    if len(array) != rows:
        raise invalid_argument(f"Expected {name} output batch size of {rows}. Got: {len(array)}")


def _fill_classes(
    target: classification_pb2.Classifications, classes: Array | None, scores: Array | None, row: int
) -> None:
    if classes is not None and scores is not None and classes.shape != scores.shape:
        raise invalid_argument(
            "Tensors class and score should match in dim_size(1). "
            f"Got {classes.shape[1]} vs. {scores.shape[1]}"
        )
    count = (scores if classes is None else classes).shape[1]  # type: ignore[union-attr]
    for column in range(count):
        entry = target.classes.add()
        if classes is not None:
            entry.label = classes[row, column]
        if scores is not None:
            entry.score = scores[row, column]
