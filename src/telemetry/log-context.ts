import { AsyncLocalStorage } from "node:async_hooks";
import type { OpenSpan } from "../ports/tracer.ts";

/** Ids that every log line of an asynchronous call chain carries. */
export type LogContext = {
  readonly request?: string;
  readonly cycle?: string;
  readonly span?: OpenSpan;
  readonly transaction?: OpenSpan;
};

const storage = new AsyncLocalStorage<LogContext>();
const NOTHING: LogContext = {};

export function currentContext(): LogContext {
  return storage.getStore() ?? NOTHING;
}

/** Runs the work with `more` added to the current context. */
export function withContext<T>(more: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...more }, work);
}

/** Runs the work in a new context of this request. */
export function inRequest<T>(id: string, work: () => T): T {
  return storage.run({ request: id }, work);
}

/** Runs the work without a context, where it outlives its caller. */
export function withoutContext<T>(work: () => T): T {
  return storage.run(NOTHING, work);
}

/** Captures the current context; the result runs work in it. */
export function bindContext(): <T>(work: () => T) => T {
  const scope = currentContext();
  return (work) => storage.run(scope, work);
}
