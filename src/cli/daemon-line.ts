import { z } from "zod";
import { HEARTBEAT_MS, type Role } from "../heart.ts";
import { count } from "../observability/phrases.ts";

/** The part of a process's state that is shown; what is there may be of another version. */
const stateShape = z.object({
  pid: z.number(),
  started_at: z.string(),
  heartbeat_at: z.string(),
  stopped_at: z.string().optional(),
  next_run_at: z.string().optional(),
  totals: z.object({ runs: z.number(), vectors: z.number(), errors: z.number() }).optional(),
  last_error: z.object({ at: z.string(), message: z.string() }).optional(),
  last_cycle: z.object({ finished_at: z.string() }).optional(),
  consumed: z
    .object({
      taken: z.number(),
      deadLetters: z.number(),
      outcomes: z.object({ updated: z.number(), reused: z.number() }),
    })
    .optional(),
});

/** A heart that has missed three beats has stopped. */
const SILENT_MS = 3 * HEARTBEAT_MS;

const NAME: Record<Role, string> = { daemon: "Daemon", tail: "Tail", worker: "Worker" };

export type DaemonHealth = { alive: boolean; line: string };

/** Whether a process lives, judged by the state it left, and a sentence about it; undefined where it left none. */
function processHealth(role: Role, state: unknown, now: number): DaemonHealth | undefined {
  const read = stateShape.safeParse(state);
  if (!read.success) return undefined;
  const name = NAME[role];
  const { pid, heartbeat_at: beat, stopped_at: stopped } = read.data;
  if (stopped !== undefined) return { alive: false, line: `${name}: stopped at ${stopped}.` };
  if (now - Date.parse(beat) > SILENT_MS) {
    return { alive: false, line: `${name}: silent since ${beat} (process ${pid}).` };
  }
  return { alive: true, line: describe(name, read.data) };
}

/** Every process that left its state here; alive where one of them is. */
export function daemonHealth(states: Partial<Record<Role, unknown>>, now: number): DaemonHealth {
  const roles: Role[] = ["daemon", "tail", "worker"];
  const found = roles.flatMap((role) => processHealth(role, states[role], now) ?? []);
  if (found.length === 0) return { alive: false, line: "Daemon: never seen here (STATE_DIR)." };
  return {
    alive: found.some(({ alive }) => alive),
    line: found.map(({ line }) => line).join("\n"),
  };
}

function describe(name: string, state: z.infer<typeof stateShape>): string {
  const { pid, started_at: started, totals, last_cycle: last, consumed } = state;
  const { next_run_at: next, last_error: error } = state;
  const parts = [`${name}: running (process ${pid}) since ${started}`];
  if (totals) {
    const { runs, vectors, errors } = totals;
    const sums = [count(runs, "run"), count(vectors, "vector"), count(errors, "error")];
    parts.push(sums.join(", "));
  }
  if (consumed) {
    const { updated, reused } = consumed.outcomes;
    const vectors = updated + reused;
    const { taken, deadLetters } = consumed;
    const letters = count(deadLetters, "dead letter");
    parts.push(`from Kafka ${count(taken, "record")}, ${count(vectors, "vector")}, ${letters}`);
  }
  if (last) parts.push(`last cycle ${last.finished_at}`);
  if (next) parts.push(`next run ${next}`);
  if (error) parts.push(`last error ${error.at}: ${error.message}`);
  return `${parts.join(" · ")}.`;
}
