import type { OutgoingMessage, Publisher } from "../ports/publisher.ts";
import type { Tracer } from "../ports/tracer.ts";

/** Adds a span to each publish and its context to the messages, by OpenTelemetry's conventions for messaging. */
export function tracePublisher(publisher: Publisher, tracer: Tracer): Publisher {
  return {
    ...publisher,
    publish(messages, signal) {
      const topics = new Set(messages.map(({ topic }) => topic));
      const [topic = "", another] = topics;
      const one = another === undefined ? topic : undefined;
      const attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": one,
        "messaging.batch.message_count": messages.length,
      };
      const name = one === undefined ? "send" : `send ${one}`;
      return tracer.span(name, { kind: "producer", attributes }, () => {
        const named = Object.entries(tracer.headers());
        const own = named.map(([header, value]) => [header, Buffer.from(value)] as const);
        return publisher.publish(
          own.length === 0 ? messages : messages.map(withTrace(own)),
          signal,
        );
      });
    },
  };
}

/** A message that has a trace context keeps it. */
function withTrace(own: OutgoingMessage["headers"]) {
  return (message: OutgoingMessage): OutgoingMessage => {
    const has = message.headers.some(([name]) => name.toLowerCase() === "traceparent");
    return has ? message : { ...message, headers: [...message.headers, ...own] };
  };
}
