import { z } from "zod";
import { HEARTBEAT_MS } from "../backfill/daemon.ts";

/** The part of the daemon's state that is shown; what is there may be of another version. */
const stateShape = z.object({
  pid: z.number(),
  started_at: z.string(),
  heartbeat_at: z.string(),
  stopped_at: z.string().optional(),
  next_run_at: z.string().optional(),
  totals: z.object({ runs: z.number(), vectors: z.number(), errors: z.number() }).optional(),
  last_error: z.object({ at: z.string(), message: z.string() }).optional(),
  last_cycle: z.object({ finished_at: z.string() }).optional(),
});

/** A heart that has missed three beats has stopped. */
const SILENT_MS = 3 * HEARTBEAT_MS;

export type DaemonHealth = { alive: boolean; line: string };

/** Whether the daemon lives, judged by the state it left, and a sentence about it. */
export function daemonHealth(state: unknown, now: number): DaemonHealth {
  const read = stateShape.safeParse(state);
  if (!read.success) return { alive: false, line: "Daemon: never seen here (STATE_DIR)." };
  const { pid, heartbeat_at: beat, stopped_at: stopped } = read.data;
  const silentMs = now - Date.parse(beat);
  if (stopped !== undefined) return { alive: false, line: `Daemon: stopped at ${stopped}.` };
  if (silentMs > SILENT_MS) {
    return { alive: false, line: `Daemon: silent since ${beat} (process ${pid}).` };
  }
  return { alive: true, line: describe(read.data) };
}

export function daemonLine(state: unknown, now: number): string {
  return daemonHealth(state, now).line;
}

function describe(state: z.infer<typeof stateShape>): string {
  const { pid, started_at: started, totals, last_cycle: last } = state;
  const { next_run_at: next, last_error: error } = state;
  const parts = [`Daemon: running (process ${pid}) since ${started}`];
  if (totals) parts.push(`${totals.runs} runs, ${totals.vectors} vectors, ${totals.errors} errors`);
  if (last) parts.push(`last cycle ${last.finished_at}`);
  if (next) parts.push(`next run ${next}`);
  if (error) parts.push(`last error ${error.at}: ${error.message}`);
  return `${parts.join(" · ")}.`;
}
