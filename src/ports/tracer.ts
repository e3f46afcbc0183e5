/** What a span tells beside its name: numbers, and words of which there are few; never a text, an id or a secret. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean | undefined>>;

/** The W3C headers by which one process names its span to another, as they stand. */
export type TraceHeaders = { readonly traceparent?: string; readonly tracestate?: string };

export type SpanStart = {
  /** Absent: it is about nobody else. */
  kind?: "server" | "client" | "consumer" | "producer";
  attributes?: SpanAttributes;
  /** Of another process that asked for it; absent: what is under way here. */
  parent?: TraceHeaders;
  /** Of what else led to it. */
  links?: readonly TraceHeaders[];
  /** None where nothing is under way here that it could be a part of. */
  inner?: boolean;
  /** A trace of its own, that names what is under way here by a link: for what may be very many. */
  apart?: boolean;
  /** The number of the run that it is; every log line within names that run. */
  cycle?: number;
};

/** A piece of work on its way. */
export type Span = {
  set(attributes: SpanAttributes): void;
  /** It came to no good end. `type`: the kind of a Fault, or another word of few. */
  failed(type: string): void;
};

/** Tells of pieces of work as spans of traces. */
export type Tracer = {
  /** Runs the work as a part of what is under way here. Where it throws, the span has failed and the error is thrown on. */
  span<T>(name: string, start: SpanStart, work: (span: Span) => Promise<T>): Promise<T>;
  /** Names the span under way to whoever is asked to do a part of it; empty where nobody traces. */
  headers(): TraceHeaders;
};

/** Where spans go. */
export type TraceSink = {
  /** `parent`: one of its own spans. Throws nothing. */
  begin(
    name: string,
    start: Omit<SpanStart, "cycle" | "inner">,
    parent: OpenSpan | undefined,
  ): OpenSpan;
  /** Sends what is left, for as long as a stop may wait. */
  close(): Promise<void>;
};

export type OpenSpan = Span & {
  /** Hex, as W3C has them. */
  readonly traceId: string;
  readonly spanId: string;
  headers(): TraceHeaders;
  end(): void;
};
