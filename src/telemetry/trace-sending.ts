import type { OutgoingMessage } from "../ports/dead-letters.ts";
import type { Tracer } from "../ports/tracer.ts";

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
