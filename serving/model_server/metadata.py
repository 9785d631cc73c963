"""GetModelMetadata and GetModelStatus: a model's signatures, and the states of its versions."""

from __future__ import annotations

from tensorflow_serving.apis import get_model_metadata_pb2, get_model_status_pb2

from serving.model_server.catalog import Catalog
from serving.model_server.predict import check_spec
from serving.model_server.status import invalid_argument, not_found

_FIELD = "signature_def"


def get_metadata(
    catalog: Catalog, request: get_model_metadata_pb2.GetModelMetadataRequest
) -> get_model_metadata_pb2.GetModelMetadataResponse:
    """The signatures of a version.

    Raises:
        StatusError: a field other than ``signature_def`` is asked for, or the version is not served.
    """
    check_spec(request)
    if not request.metadata_field:
        raise invalid_argument("GetModelMetadataRequest must specify at least one metadata_field")
    for field in request.metadata_field:
        if field != _FIELD:
            raise invalid_argument(f"Metadata field {field} is not supported")
    response = get_model_metadata_pb2.GetModelMetadataResponse()
    signatures = get_model_metadata_pb2.SignatureDefMap()
    with catalog.lease(request.model_spec) as found:
        response.model_spec.name = found.name
        response.model_spec.version.value = found.version
        for name, signature in found.servable.signatures.items():
            signatures.signature_def[name].CopyFrom(signature.definition)
    response.metadata[_FIELD].Pack(signatures)
    return response


def get_status(
    catalog: Catalog, request: get_model_status_pb2.GetModelStatusRequest
) -> get_model_status_pb2.GetModelStatusResponse:
    """The states of a model's versions, newest first. A label in the request has no effect.

    Raises:
        StatusError: NOT_FOUND, the model or version was never configured.
    """
    if not request.HasField("model_spec"):
        raise invalid_argument("Missing ModelSpec")
    spec = request.model_spec
    model = catalog.model(spec.name)
    statuses = model.statuses() if model else []
    if not statuses:
        raise not_found(f"Could not find any versions of model {spec.name}")
    if spec.WhichOneof("version_choice") == "version":
        statuses = [status for status in statuses if status[0] == spec.version.value]
        if not statuses:
            raise not_found(f"Could not find version {spec.version.value} of model {spec.name}")
    response = get_model_status_pb2.GetModelStatusResponse()
    for number, state, error in statuses:
        entry = response.model_version_status.add(version=number, state=int(state))
        entry.status.error_code = int(error.code) if error else 0
        entry.status.error_message = error.message if error else ""
    return response
