"""docs/events.md lists the events as the code reports them; the recipes of docs/alerts.md count."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from whitebit_ext import EventName, WhiteBIT

from ..docs.blocks import python
from .events_page import levels, occasions, rows
from .faces import Face, connected
from .using import read


def test_the_table_is_that_of_the_code() -> None:
    """Each event has a line, in the order of the code, with its docstring and its level."""
    expected = [(name, levels()[name], occasions()[name]) for name in EventName]
    assert [(name, level, when) for name, (level, when, _, _) in rows().items()] == expected


def recipe(imports: str) -> dict[str, Any]:
    """Run the code of a recipe, and return the names that it defines."""
    (code,) = [code for code in python("alerts.md") if imports in code]
    made: dict[str, Any] = {}
    exec(compile(code, "alerts.md", "exec"), made)  # noqa: S102  # of our own document
    return made


def used(face: Face, partner: WhiteBIT) -> None:
    """Connect a user, issue the key, and read with a retry."""
    user = connected(face, partner=partner)
    face.clock.advance(2)
    user.api_key.issue()
    face.sandbox.faults.add("get_trade_account_balance", kind="status", status=503)
    read(user)


def test_prometheus(face: Face) -> None:
    """Events are counted by name and error, reads are timed, and no user is a label."""
    prometheus = import_module("prometheus_client")
    made = recipe("from prometheus_client")
    partner = face.partner(on_event=[made["count"]])
    used(face, partner)
    exposed = prometheus.generate_latest(made["registry"]).decode()
    assert 'whitebit_events_total{error="",event="secret.stored"} 1.0' in exposed
    assert 'whitebit_events_total{error="ServerError",event="read.retried"} 1.0' in exposed
    assert 'whitebit_read_seconds_count{operation="get_trade_account_balance"} 1.0' in exposed
    assert partner.pseudonym("alice") not in exposed


def test_opentelemetry(face: Face) -> None:
    """Reads become a histogram, events a counter, and each event is an event of the open span."""
    metrics = import_module("opentelemetry.sdk.metrics")
    tracing = import_module("opentelemetry.sdk.trace")
    reader = import_module("opentelemetry.sdk.metrics.export").InMemoryMetricReader()
    export = import_module("opentelemetry.sdk.trace.export")
    memory = import_module("opentelemetry.sdk.trace.export.in_memory_span_exporter")
    exporter, tracers = memory.InMemorySpanExporter(), tracing.TracerProvider()
    tracers.add_span_processor(export.SimpleSpanProcessor(exporter))
    made = recipe("from opentelemetry")
    hook = made["hook_of"](metrics.MeterProvider([reader]))
    partner = face.partner(on_event=[hook])
    with tracers.get_tracer("test").start_as_current_span("a request"):
        used(face, partner)
    (resource,) = reader.get_metrics_data().resource_metrics
    found = {metric.name: metric for metric in resource.scope_metrics[0].metrics}
    counted = found["whitebit.events"].data.data_points
    names = {dict(point.attributes or {})["event"] for point in counted}
    assert {"login.finished", "secret.stored", "read.retried"} <= names
    assert found["whitebit.read.duration"].data.data_points
    assert partner.pseudonym("alice") not in str(counted)
    if face.name == "sync":  # the async face of these tests runs in another context
        (span,) = exporter.get_finished_spans()
        assert "read.finished" in {event.name for event in span.events}
