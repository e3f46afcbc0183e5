import type { StreamMessage } from "../ports/message-stream.ts";
import type { SpanStart, TraceHeaders } from "../ports/tracer.ts";

const MAX_LINKS = 128;

/** The span of one attempt at a batch, linked to the spans of the messages' producers. */
export function spanOfBatch(
  items: readonly { message: StreamMessage }[],
  { system, group }: { system: string; group: string },
): [name: string, start: SpanStart] {
  const messages = new Set(items.map(({ message }) => message));
  const topics = new Set(items.map(({ message }) => message.source.stream));
  const [topic, another] = topics;
  const one = another === undefined ? topic : undefined;
  const attributes = {
    "messaging.system": system,
    "messaging.operation.name": "process",
    "messaging.operation.type": "process",
    "messaging.destination.name": one,
    "messaging.consumer.group.name": group,
    "messaging.batch.message_count": messages.size,
    "log_vectorizer.records": items.length,
  };
  const name = one === undefined ? "process" : `process ${one}`;
  return [name, { kind: "consumer", attributes, links: linksOf(messages) }];
}

function linksOf(messages: Iterable<StreamMessage>): TraceHeaders[] {
  const links = new Map<string, TraceHeaders>();
  for (const { headers } of messages) {
    if (links.size === MAX_LINKS) break;
    const named = headers.length === 0 ? undefined : traceHeadersIn(headers);
    if (named?.traceparent !== undefined) links.set(named.traceparent, named);
  }
  return [...links.values()];
}

type Header = readonly [name: string, value: Buffer | null];

const NAMES = ["traceparent", "tracestate"] as const;
/** W3C lets a tracestate be cut at this length. */
const MAX_CHARACTERS = 512;

/** The trace headers of a message; names in any case. */
function traceHeadersIn(
  headers: readonly Header[],
): Partial<Record<(typeof NAMES)[number], string>> {
  const found: Partial<Record<(typeof NAMES)[number], string>> = {};
  for (const [given, value] of headers) {
    const name = NAMES.find((known) => known === given.toLowerCase());
    if (name === undefined || value === null || value.length > MAX_CHARACTERS) continue;
    found[name] ??= value.toString("latin1");
  }
  return found;
}
