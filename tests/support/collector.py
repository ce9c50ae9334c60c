"""A collector of traces: it takes OTLP over HTTP, as protobuf, and keeps the spans."""

from collections.abc import Mapping
from dataclasses import dataclass

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue

from tests.support.receiver import Receiver


@dataclass(frozen=True)
class Collected:
    """A span. Ids are in hexadecimal, as in `traceparent`; `parent` is empty for the first."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent: str
    began: int
    ended: int
    about: Mapping[str, str | int]
    failed: bool


class Collector(Receiver):
    """`endpoint` is for OTEL_EXPORTER_OTLP_ENDPOINT."""

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def spans(self) -> list[Collected]:
        found = []
        for request in list(self.received):
            assert (request.path, request.headers["content-type"]) == (
                *("/v1/traces", "application/x-protobuf"),
            )
            sent = ExportTraceServiceRequest.FromString(request.body)
            for resource in sent.resource_spans:
                service = _read(resource.resource.attributes)["service.name"]
                for scope in resource.scope_spans:
                    found += [
                        Collected(
                            service=str(service),
                            name=one.name,
                            kind=one.kind,
                            trace_id=one.trace_id.hex(),
                            span_id=one.span_id.hex(),
                            parent=one.parent_span_id.hex(),
                            began=one.start_time_unix_nano,
                            ended=one.end_time_unix_nano,
                            about=_read(one.attributes),
                            failed=one.status.code == one.status.STATUS_CODE_ERROR,
                        )
                        for one in scope.spans
                    ]
        return found


def _read(attributes: "list[KeyValue]") -> dict[str, str | int]:
    return {
        one.key: getattr(one.value, one.value.WhichOneof("value") or "string_value")
        for one in attributes
    }
