import type { Fault } from "../model/faults.ts";

const MAX_RETRIES = 2;
const FIRST_WAIT_MS = 500;
/** Longer than this is the next cycle's business. */
const MAX_WAIT_MS = 60_000;

/**
 * How long to wait before a failed request is sent again, or undefined where it is not: only a passing fault is retried,
 * and never sooner than the other side asked.
 */
export function retryWaitMs(fault: Fault, retriesDone: number): number | undefined {
  if (fault.kind !== "rate" && fault.kind !== "outage") return undefined;
  if (retriesDone >= MAX_RETRIES) return undefined;
  const wait = fault.retryAfterMs ?? FIRST_WAIT_MS * 4 ** retriesDone;
  return wait <= MAX_WAIT_MS ? wait : undefined;
}
