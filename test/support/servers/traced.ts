import { mock, type TestContext } from "node:test";
import { createTraceSink, type TraceSinkSettings } from "../../../src/adapters/otlp/trace-sink.ts";
import { createTracer } from "../../../src/telemetry/tracer.ts";
import { startOtlpReceiver, type ReceivedSpan } from "./otlp-receiver.ts";

/** A tracer whose spans go to a collector of their own by OpenTelemetry's SDK. */
export async function openTraced(
  t: Pick<TestContext, "after">,
  settings: Partial<TraceSinkSettings> = {},
) {
  const receiver = await startOtlpReceiver(t);
  const tracer = createTracer();
  const sink = createTraceSink({
    url: `${receiver.endpoint}/v1/traces`,
    headers: {},
    sampler: "parentbased_always_on",
    ratio: 1,
    resource: { "service.name": "log-vectorizer" },
    version: "1.2.3",
    lost: () => undefined,
    back: () => undefined,
    ...settings,
  });
  tracer.sendTo(sink);
  return {
    receiver,
    tracer,
    close: () => sink.close(),
    /** Ends tracing, however long that takes; all spans that came. */
    async sent(): Promise<ReceivedSpan[]> {
      mock.timers.enable({ apis: ["setTimeout"] });
      await sink.close();
      mock.timers.reset();
      return receiver.spans;
    },
  };
}

/** Spans as indented lines, each below what it is a part of. `root`: the parent of the first ones; default: none. */
export function treeOf(spans: readonly ReceivedSpan[], root = ""): string[] {
  const below = (id: string, indent: string): string[] =>
    spans
      .filter(({ parentSpanId }) => parentSpanId === id)
      .flatMap(({ name, spanId }) => [`${indent}${name}`, ...below(spanId, `${indent}  `)]);
  return below(root, "");
}

export function named(spans: readonly ReceivedSpan[], name: string): ReceivedSpan {
  const found = spans.find((span) => span.name === name);
  if (!found) throw new Error(`no span ${name} among ${spans.map((span) => span.name).join(", ")}`);
  return found;
}
