import { FAULT_POLICIES } from "../domain/fault-policy.ts";
import type { Fault } from "../domain/faults.ts";

/** Longer than this is the next cycle's business. */
const LONGEST_RETRY_WAIT_MS = 60_000;

/**
 * How many milliseconds to wait before a failed request is sent again, or undefined where it is not. Drawn from the whole
 * span (full jitter), so that many processes do not come back at once, and never sooner than the other side asked.
 */
export function retryWaitMs(
  { kind, retryAfterMs = 0 }: Pick<Fault, "kind" | "retryAfterMs">,
  retriesDone: number,
  random: () => number = Math.random,
): number | undefined {
  const { retries } = FAULT_POLICIES[kind];
  if (!retries || retriesDone >= retries.max || retryAfterMs > LONGEST_RETRY_WAIT_MS)
    return undefined;
  const span = Math.min(retries.firstWaitMs * 3 ** retriesDone, retries.maxWaitMs);
  return Math.max(retryAfterMs, Math.round(random() * span));
}
