import { setTimeout as sleep } from "node:timers/promises";

const POLL_MS = 25;

/** Waits for what another process brings about. The test's own time limit ends it. */
export async function eventually(
  condition: () => boolean | Promise<boolean>,
  { signal }: { signal: AbortSignal },
): Promise<void> {
  while (!(await condition())) await sleep(POLL_MS, undefined, { signal });
}
