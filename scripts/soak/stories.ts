import { execFile } from "node:child_process";
import { resolve } from "node:path";

const CHECKOUT = resolve(import.meta.dirname, "../..");
const TEST = "test/unit/backfill/any-faults.test.ts";
const RUNS = 1000;

/** Plays random stories of the property test, from the soak's own seed; one that fails goes to `wrong` as it was shrunk. */
export async function playStories(
  seed: number,
  wrong: (what: string) => void,
  signal: AbortSignal,
): Promise<{ seed: number; played: number }> {
  const env = { ...process.env, PROPERTY_RUNS: String(RUNS), PROPERTY_SEED: String(seed) };
  const { promise, resolve: ended } = Promise.withResolvers<void>();
  execFile(process.execPath, ["--test", TEST], { cwd: CHECKOUT, env, signal }, (error, printed) => {
    if (error) wrong(`a random story failed: ${printed.slice(-4000)}`);
    ended();
  });
  await promise;
  return { seed, played: RUNS };
}
