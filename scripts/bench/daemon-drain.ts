import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { MAIN, type Bench } from "./bench.ts";
import { withIndex, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs } from "./logs.ts";
import { startProgram } from "./program.ts";
import { settings } from "./vectorizer.ts";

const DELAY_MS = 50;
const EVERY_FIVE_SECONDS = "*/5 * * * * *";
const CYCLE_ENDED = /^\{.*"event\.action":"cycle-ended".*\}$/;
const DRAIN_ENDED = /^\{.*"event\.action":"cycle-ended".*"updated":[1-9].*\}$/;

const endedShape = z.object({
  "log_vectorizer.summary": z.object({
    outcomes: z.object({ updated: z.number(), reused: z.number() }),
    duration_ms: z.number(),
  }),
});

export type DaemonDrain = {
  docsPerSecond: number;
  /** Of the daemon, from when the documents are there to the drain's end. */
  cpuMs: number;
};

type Options = {
  env: Record<string, string>;
  /** What goes on beside it, HTTP being up where it is on; the signal aborts when the drain has ended. */
  meanwhile?: (ended: AbortSignal) => Promise<void>;
};

/**
 * A drain of a daemon that has long been up, by its own clock: it finds nothing until all documents are there. The index has
 * no graph, whose making takes most of a drain's time and now this long, now that: what slows the daemon is seen better, and
 * is more of the whole. Throws where not every document has a vector then.
 */
export function drainByDaemon(
  bench: Bench,
  docs: number,
  { env, meanwhile }: Options,
): Promise<DaemonDrain> {
  const work = async (index: BenchIndex) => {
    const own = {
      STATE_DIR: join(bench.folder, `state-${randomUUID()}`),
      BACKFILL_DRAIN: "true",
      BACKFILL_SCHEDULE: EVERY_FIVE_SECONDS,
      LOG_LEVEL: "info",
      LOG_FORMAT: "json",
      ...env,
    };
    const all = await settings(bench, { index: index.name, delayMs: DELAY_MS, env: own });
    await using daemon = startProgram(process.execPath, [MAIN], all);
    await daemon.line(CYCLE_ENDED);
    if (env["HTTP_PORT"] !== "0") await daemon.line(/HTTP at/);
    const ended = new AbortController();
    const beside = meanwhile?.(ended.signal);
    // Its failure is told once the drain is over.
    beside?.catch(() => undefined);
    await indexLogs(index, [...makeLogs("error", docs, () => "ERROR")]);
    await index.refresh();
    const cpuBefore = daemon.cpuMs();
    const printed = await daemon.line(DRAIN_ENDED);
    const cpuMs = daemon.cpuMs() - cpuBefore;
    ended.abort();
    await beside;
    const { outcomes, duration_ms: ms } = endedShape.parse(JSON.parse(printed))[
      "log_vectorizer.summary"
    ];
    const vectors = outcomes.updated + outcomes.reused;
    if (vectors < docs) throw new Error(`${vectors} of ${docs} have a vector`);
    return { docsPerSecond: (docs / ms) * 1000, cpuMs };
  };
  return withIndex(bench, work, { graph: false, refreshes: false });
}
