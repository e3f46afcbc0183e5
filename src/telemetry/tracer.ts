import { randomBytes } from "node:crypto";
import { Fault } from "../domain/faults.ts";
import type { Span, SpanStart, Tracer, TraceSink } from "../ports/tracer.ts";
import { noopTracer } from "../ports/noop-tracer.ts";
import { currentContext, withContext, type LogContext } from "./log-context.ts";

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
