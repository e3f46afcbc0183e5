import { randomBytes } from "node:crypto";
import { Fault } from "../domain/faults.ts";
import type { Span, SpanStart, Tracer, TraceSink } from "../ports/tracer.ts";
import { untraced } from "../ports/untraced.ts";
import { currentScope, within, type Scope } from "./scope.ts";

/** Knows what is under way, for log lines too; spans are made of it from when somebody takes them. */
export type ScopedTracer = Tracer & { sendTo(sink: TraceSink): void };

export function createTracer(): ScopedTracer {
  // Cycles are numbered from 1 in every process.
  const process = randomBytes(4).toString("hex");
  const scopeOf = ({ cycle }: SpanStart): Scope =>
    cycle === undefined ? {} : { cycle: `${process}-${cycle}` };
  let sink: TraceSink | undefined;
  return {
    sendTo(given) {
      sink = given;
    },
    headers: () => currentScope().span?.headers() ?? {},
    span(name, start, work) {
      const isOne = sink && (!start.inner || currentScope().span);
      if (sink && isOne) return spanned(sink, name, start, scopeOf(start), work);
      const alone = () => untraced.span(name, start, work);
      return start.cycle === undefined ? alone() : within(scopeOf(start), alone);
    },
  };
}

async function spanned<T>(
  sink: TraceSink,
  name: string,
  start: SpanStart,
  scope: Scope,
  work: (span: Span) => Promise<T>,
): Promise<T> {
  const around = currentScope();
  const span = sink.begin(name, start, around.span);
  const transaction = (start.apart ? undefined : around.transaction) ?? span;
  try {
    return await within({ ...scope, span, transaction }, () => work(span));
  } catch (error) {
    span.failed(error instanceof Fault ? error.kind : "bug");
    throw error;
  } finally {
    span.end();
  }
}
