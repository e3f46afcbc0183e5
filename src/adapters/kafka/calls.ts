import { timeLimit } from "../../concurrency/time-limit.ts";
import { toFault, unanswered, type FaultContext } from "./faults.ts";

/** Adds time limits and signals to the library's calls, which take none. */
export type Calls = FaultContext & {
  /** Throws a Fault; the result of an abandoned call is ignored. */
  call<T>(
    operation: () => Promise<T>,
    limits: { signal: AbortSignal; limitMs?: number | undefined },
  ): Promise<T>;
};

/** Longer than the library's own retries against an unreachable broker. */
const CALL_LIMIT_MS = 20_000;

export function createCalls(context: FaultContext): Calls {
  return {
    ...context,
    async call(operation, { signal, limitMs = CALL_LIMIT_MS }) {
      using limit = timeLimit(signal, limitMs);
      const gaveUp = Promise.withResolvers<never>();
      const giveUp = () => gaveUp.reject(unanswered(context, !limit.timedOut()));
      if (limit.signal.aborted) throw unanswered(context, true);
      limit.signal.addEventListener("abort", giveUp, { once: true });
      try {
        return await Promise.race([gaveUp.promise, operation()]);
      } catch (error) {
        throw toFault(error, context);
      }
    },
  };
}

/** Whether the operation succeeded in time; never throws. */
export async function endedWithin(operation: Promise<unknown>, ms: number): Promise<boolean> {
  const { promise: late, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, ms, false);
  const ended = operation.then(
    () => true,
    () => false,
  );
  const inTime = await Promise.race([ended, late]);
  clearTimeout(timer);
  return inTime;
}
