import { setTimeout as sleep } from "node:timers/promises";

const TRIES = 10;
const WAIT_MS = 1000;

/** Starts a server on a port that was free, which may be lent to somebody's outgoing connection for a moment. */
export async function comeBack<T>(start: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await start();
    } catch (error) {
      if (tries === TRIES) throw error;
      await sleep(WAIT_MS);
    }
  }
}
