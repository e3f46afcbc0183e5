import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Context,
  type Link,
  type Span as OtelSpan,
} from "@opentelemetry/api";
import { SDK_INFO, W3CTraceContextPropagator } from "@opentelemetry/core";
import { resourceFromAttributes } from "@opentelemetry/resources";
import {
  BatchSpanProcessor,
  TracerProvider,
  AlwaysOffSampler,
  AlwaysOnSampler,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type Sampler,
} from "@opentelemetry/sdk-trace";
import type {
  OpenSpan,
  SpanAttributes,
  SpanStart,
  TraceHeaders,
  TraceSink,
} from "../../ports/tracer.ts";
import { createExporter, type ExporterSettings } from "./exporter.ts";

export type TraceSinkSettings = ExporterSettings &
  SamplerSettings & {
    /** Resource attributes of all spans. */
    resource: Readonly<Record<string, string | number>>;
    version: string;
  };

/** Queued spans; beyond this the newest are dropped. */
const MAX_WAITING = 8192;

const KINDS = {
  server: SpanKind.SERVER,
  client: SpanKind.CLIENT,
  consumer: SpanKind.CONSUMER,
  producer: SpanKind.PRODUCER,
} as const;

const w3c = new W3CTraceContextPropagator();
const reader = {
  get: (headers: TraceHeaders, name: string) =>
    name === "traceparent" || name === "tracestate" ? headers[name] : undefined,
  keys: (headers: TraceHeaders) => Object.keys(headers),
};
const writer = {
  set: (headers: Record<string, string>, name: string, value: string) => {
    headers[name] = value;
  },
};

/** Creates spans with OpenTelemetry's SDK (without globals) and exports them by OTLP. Sends nothing yet. */
export function createTraceSink(settings: TraceSinkSettings): TraceSink {
  const exporter = createExporter(settings);
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ ...SDK_INFO, ...settings.resource }),
    sampler: samplerOf(settings),
    spanProcessors: [new BatchSpanProcessor({ exporter, maxQueueSize: MAX_WAITING })],
  });
  const tracer = provider.getTracer("log-vectorizer", settings.version);
  const spans = new WeakMap<OpenSpan, OtelSpan>();
  return {
    begin(name, start, parent) {
      const { kind, attributes = {}, links = [], apart = false } = start;
      const around = parent && spans.get(parent);
      const led: Link[] = around && apart ? [{ context: around.spanContext() }] : [];
      const span = tracer.startSpan(
        name,
        {
          kind: kind === undefined ? SpanKind.INTERNAL : KINDS[kind],
          attributes: known(attributes),
          links: [...led, ...links.flatMap(linkTo)],
        },
        contextOf(start, around),
      );
      const open = opened(span);
      spans.set(open, span);
      return open;
    },
    async close() {
      await exporter.lastChance(() => provider.shutdown());
    },
  };
}

function contextOf({ parent, apart = false }: SpanStart, around: OtelSpan | undefined): Context {
  if (parent) return w3c.extract(ROOT_CONTEXT, parent, reader);
  return around && !apart ? trace.setSpan(ROOT_CONTEXT, around) : ROOT_CONTEXT;
}

function linkTo(headers: TraceHeaders): Link[] {
  const context = trace.getSpanContext(w3c.extract(ROOT_CONTEXT, headers, reader));
  return context ? [{ context }] : [];
}

function opened(span: OtelSpan): OpenSpan {
  const { traceId, spanId } = span.spanContext();
  return {
    traceId,
    spanId,
    set: (attributes) => void span.setAttributes(known(attributes)),
    failed(type) {
      // Without the message, which may quote private data.
      span.setStatus({ code: SpanStatusCode.ERROR });
      span.setAttribute("error.type", type);
    },
    headers() {
      const headers: Record<string, string> = {};
      w3c.inject(trace.setSpan(ROOT_CONTEXT, span), headers, writer);
      return headers;
    },
    end: () => span.end(),
  };
}

function known(attributes: SpanAttributes): Attributes {
  return Object.fromEntries(Object.entries(attributes).filter(([, value]) => value !== undefined));
}

type SamplerSettings = {
  /** OpenTelemetry's names. */
  sampler:
    | "always_on"
    | "always_off"
    | "traceidratio"
    | "parentbased_always_on"
    | "parentbased_always_off"
    | "parentbased_traceidratio";
  /** 0 to 1. */
  ratio: number;
};

function samplerOf({ sampler, ratio }: SamplerSettings): Sampler {
  switch (sampler) {
    case "always_on":
      return new AlwaysOnSampler();
    case "always_off":
      return new AlwaysOffSampler();
    case "traceidratio":
      return new TraceIdRatioBasedSampler(ratio);
    case "parentbased_always_on":
      return new ParentBasedSampler({ root: new AlwaysOnSampler() });
    case "parentbased_always_off":
      return new ParentBasedSampler({ root: new AlwaysOffSampler() });
    case "parentbased_traceidratio":
      return new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) });
  }
}
