import { AsyncLocalStorage } from "node:async_hooks";
import type { OpenSpan } from "../ports/tracer.ts";

/** What a piece of work is part of: each of its log lines names it. */
export type LogContext = {
  /** Id of the request. */
  readonly request?: string;
  /** Id of the cycle, or the drain. */
  readonly cycle?: string;
  /** The innermost span under way. */
  readonly span?: OpenSpan;
  /** The span within which all the others of this process are. */
  readonly transaction?: OpenSpan;
};

const storage = new AsyncLocalStorage<LogContext>();
const NOTHING: LogContext = {};

export function currentContext(): LogContext {
  return storage.getStore() ?? NOTHING;
}

/** Runs the work, and whatever it starts, in the scope that it is in with this on top. */
export function withContext<T>(more: LogContext, work: () => T): T {
  return storage.run({ ...storage.getStore(), ...more }, work);
}

/** Runs the work as a request of that id and as part of nothing else. */
export function inRequest<T>(id: string, work: () => T): T {
  return storage.run({ request: id }, work);
}

/** Runs the work as part of nothing: what goes on when its starter has ended. */
export function withoutContext<T>(work: () => T): T {
  return storage.run(NOTHING, work);
}

/** What comes back to the scope of now, from wherever it is called. */
export function bindContext(): <T>(work: () => T) => T {
  const scope = currentContext();
  return (work) => storage.run(scope, work);
}
