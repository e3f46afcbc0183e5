import { z } from "zod";
import type { Role } from "../status/heartbeat.ts";
import type { ProcessHealth } from "../status/process-health.ts";
import { count } from "../telemetry/phrases.ts";

/** The part of a process's state that is shown; another version may write other fields. */
const workShape = z.object({
  memory: z.object({ used_bytes: z.number(), limit_bytes: z.number() }).optional(),
  next_run_at: z.string().optional(),
  totals: z.object({ runs: z.number(), vectors: z.number(), errors: z.number() }).optional(),
  last_error: z.object({ at: z.string(), message: z.string() }).optional(),
  last_cycle: z.object({ finished_at: z.string() }).optional(),
  consumed: z
    .object({
      taken: z.number(),
      dead_letters: z.number(),
      outcomes: z.object({ updated: z.number(), reused: z.number() }),
    })
    .optional()
    .catch(undefined),
});

const NAME: Record<Role, string> = { daemon: "Daemon", tail: "Tail", worker: "Worker" };

/** One line per process in the state directory. */
export function processLines(all: readonly ProcessHealth[]): string {
  if (all.length === 0) return "Daemon: none has run with this STATE_DIR.";
  return all.map((one) => `${NAME[one.entry.role]}: ${describe(one)}.`).join("\n");
}

function describe({ state, entry }: ProcessHealth): string {
  const { pid, host, heartbeat_at: beat, stopped_at: stopped } = entry;
  switch (state) {
    case "stopped":
      return `stopped at ${stopped} (process ${pid})`;
    case "died":
      return `process ${pid} died without a stop; its last heartbeat was at ${beat}`;
    case "not_responding":
      return `process ${pid} exists but has not responded since ${beat}`;
    case "silent":
      return `silent since ${beat} (process ${pid} on ${host}, which cannot be seen from here)`;
    case "running":
      return [`running (process ${pid}) since ${entry.started_at}`, ...workOf(entry)].join(" · ");
  }
}

function workOf(entry: ProcessHealth["entry"]): string[] {
  const { totals, consumed, memory, ...rest } = workShape.safeParse(entry).data ?? {};
  const { last_cycle: last, next_run_at: next, last_error: error } = rest;
  const parts: string[] = [];
  if (totals) {
    const { runs, vectors, errors } = totals;
    parts.push([count(runs, "run"), count(vectors, "vector"), count(errors, "error")].join(", "));
  }
  if (consumed) {
    const { updated, reused } = consumed.outcomes;
    const { taken, dead_letters: deadLetters } = consumed;
    const vectors = count(updated + reused, "vector");
    parts.push(
      `from Kafka ${count(taken, "record")}, ${vectors}, ${count(deadLetters, "dead letter")}`,
    );
  }
  if (memory) {
    const { used_bytes: used, limit_bytes: limit } = memory;
    parts.push(`memory ${megabytes(used)} of ${megabytes(limit)} MB`);
  }
  if (last) parts.push(`last cycle ${last.finished_at}`);
  if (next) parts.push(`next run ${next}`);
  if (error) parts.push(`last error ${error.at}: ${error.message}`);
  return parts;
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}
