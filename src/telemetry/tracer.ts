import { randomBytes } from "node:crypto";
import { Fault } from "../domain/faults.ts";
import type { Span, SpanStart, Tracer, TraceSink } from "../ports/tracer.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import { currentContext, withContext, type LogContext } from "./log-context.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { OutgoingMessage } from "../ports/dead-letters.ts";

/** Keeps the log context, and makes spans once a sink is set. */
export type ScopedTracer = Tracer & { sendTo(sink: TraceSink): void };

export function createTracer(): ScopedTracer {
  const process = randomBytes(4).toString("hex");
  const contextOf = ({ cycle }: SpanStart): LogContext =>
    cycle === undefined ? {} : { cycle: `${process}-${cycle}` };
  let sink: TraceSink | undefined;
  return {
    sendTo(given) {
      sink = given;
    },
    headers: () => currentContext().span?.headers() ?? {},
    span(name, start, work) {
      const isOne = sink && (!start.inner || currentContext().span);
      if (sink && isOne) return spanned(sink, name, start, contextOf(start), work);
      const alone = () => noopTracer.span(name, start, work);
      return start.cycle === undefined ? alone() : withContext(contextOf(start), alone);
    },
  };
}

async function spanned<T>(
  sink: TraceSink,
  name: string,
  start: SpanStart,
  scope: LogContext,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const around = currentContext();
  const span = sink.begin(name, start, around.span);
  const transaction = (start.apart ? undefined : around.transaction) ?? span;
  try {
    return await withContext({ ...scope, span, transaction }, () => work(span));
  } catch (error) {
    span.failed(error instanceof Fault ? error.kind : "bug");
    throw error;
  } finally {
    span.end();
  }
}

/** Adds a span to each request, by OpenTelemetry's conventions for generative AI. */
export function traceEmbedder(embedder: Embedder, tracer: Tracer): Embedder {
  const { name, model, dimensions } = embedder;
  // An embedder without a probe runs in this process.
  const kind = embedder.probe ? { kind: "client" as const } : {};
  return {
    ...embedder,
    embed(inputs, signal) {
      const attributes = {
        "gen_ai.operation.name": "embeddings",
        "gen_ai.provider.name": name,
        "gen_ai.request.model": model,
        "gen_ai.embeddings.dimension.count": dimensions,
        "log_vectorizer.texts": inputs.length,
      };
      return tracer.span(
        `embeddings ${model}`,
        { ...kind, inner: true, attributes },
        async (span) => {
          const answer = await embedder.embed(inputs, signal);
          span.set({ "gen_ai.usage.input_tokens": answer.tokens ?? undefined });
          return answer;
        },
      );
    },
  };
}

export function tracedFetch(
  tracer: Pick<Tracer, "headers">,
  fetch: typeof globalThis.fetch = globalThis.fetch,
): typeof globalThis.fetch {
  return (input, init) => {
    const named = Object.entries(tracer.headers());
    if (named.length === 0) return fetch(input, init);
    const headers = new Headers(init?.headers);
    for (const [name, value] of named) headers.set(name, value);
    return fetch(input, { ...init, headers });
  };
}

type Send = (messages: readonly OutgoingMessage[], signal: AbortSignal) => Promise<void>;

/** Adds a span to each sending and its context to the messages, by OpenTelemetry's conventions for messaging. */
export function traceSending(
  send: Send,
  { system, destination }: { system: string; destination: string },
  tracer: Tracer,
): Send {
  return (messages, signal) => {
    const attributes = {
      "messaging.system": system,
      "messaging.operation.name": "send",
      "messaging.operation.type": "send",
      "messaging.destination.name": destination,
      "messaging.batch.message_count": messages.length,
    };
    return tracer.span(`send ${destination}`, { kind: "producer", attributes }, () => {
      const named = Object.entries(tracer.headers());
      const own = named.map(([header, value]) => [header, Buffer.from(value)] as const);
      return send(own.length === 0 ? messages : messages.map(withTrace(own)), signal);
    });
  };
}

/** A message that has a trace context keeps it. */
function withTrace(own: OutgoingMessage["headers"]) {
  return (message: OutgoingMessage): OutgoingMessage => {
    const has = message.headers.some(([name]) => name.toLowerCase() === "traceparent");
    return has ? message : { ...message, headers: [...message.headers, ...own] };
  };
}
