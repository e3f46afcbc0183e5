import { setTimeout as sleep } from "node:timers/promises";

import { freePorts } from "../local-servers/free-port.ts";
import { leaveCli } from "./run-cli.ts";

const GIVE_UP_MS = 30_000;
const ASK_EVERY_MS = 200;

/** Where the page of a daemon is, and its process id. */
type LeftDaemon = { url: string; pid: number };

/** Starts a daemon that stays, with a page at a free port, and waits until it answers. Throws where it does not. */
export async function leaveDaemon(
  settings: Record<string, string>,
  signal: AbortSignal,
): Promise<LeftDaemon> {
  const [port = 0] = await freePorts(1);
  const url = `http://127.0.0.1:${port}`;
  const daemon = leaveCli(["run"], { ...settings, HTTP_PORT: String(port) });
  const startedAt = Date.now();
  try {
    while (!(await answers(url, signal))) {
      if (daemon.hasEnded()) throw new Error(`The daemon for the page at ${url} ended at once.`);
      if (Date.now() - startedAt > GIVE_UP_MS)
        throw new Error(`The page at ${url} does not answer.`);
      await sleep(ASK_EVERY_MS, undefined, { signal });
    }
  } catch (error) {
    // It writes into its state folder until it is gone.
    await daemon.stop();
    throw error;
  }
  return { url, pid: daemon.pid };
}

async function answers(url: string, signal: AbortSignal): Promise<boolean> {
  try {
    const response = await fetch(`${url}/health`, { signal });
    await response.body?.cancel();
    return response.ok;
  } catch (error) {
    if (signal.aborted) throw error;
    return false;
  }
}
