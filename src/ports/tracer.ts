/** Numbers, and words of low cardinality; never a text, an id or a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** W3C trace context headers. */
export type TraceHeaders = { readonly traceparent?: string; readonly tracestate?: string };

export type SpanStart = {
  /** Absent: internal. */
  kind?: "server" | "client" | "consumer" | "producer";
  attributes?: SpanAttributes;
  /** The calling process's span; absent: the current span. */
  parent?: TraceHeaders;
  /** Other spans that caused it. */
  links?: readonly TraceHeaders[];
  /** Only as a child: no span where there is no current one. */
  inner?: boolean;
  /** Starts a new trace with a link to the current span, for work of many parts. */
  apart?: boolean;
  /** Number of the cycle; every log line within carries it. */
  cycle?: number;
};

export type Span = {
  set(attributes: SpanAttributes): void;
  /** `type`: the kind of a Fault, or another word of low cardinality. */
  failed(type: string): void;
};

/** Reports work as spans of traces. */
export type Tracer = {
  /** Runs the work as a child of the current span. An error marks the span as failed and is thrown on. */
  span<T>(name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
  /** The current span as headers for an outgoing request; empty without tracing. */
  headers(): TraceHeaders;
};

/** The exporter of spans. */
export type TraceSink = {
  /** `parent`: a span of the same sink. Never throws. */
  begin(
    name: string,
    start: Omit<SpanStart, "cycle" | "inner">,
    parent: OpenSpan | undefined,
  ): OpenSpan;
  /** Flushes, within the time that a shutdown allows. */
  close(): Promise<void>;
};

export type OpenSpan = Span & {
  /** Hex, as in W3C trace context. */
  readonly traceId: string;
  readonly spanId: string;
  headers(): TraceHeaders;
  end(): void;
};
