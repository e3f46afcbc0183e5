import type { OutgoingMessage, Publisher } from "../ports/publisher.ts";
import type { Tracer } from "../ports/tracer.ts";

/** The same publisher, each of its requests a span that its messages name, by the conventions for messaging. */
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

/** What came with a trace keeps it: a dead letter stays a part of what wrote its source. */
function withTrace(own: OutgoingMessage["headers"]) {
  return (message: OutgoingMessage): OutgoingMessage => {
    const has = message.headers.some(([name]) => name.toLowerCase() === "traceparent");
    return has ? message : { ...message, headers: [...message.headers, ...own] };
  };
}
