import { z } from "zod";
import type { Bench, Measured, Size } from "./bench.ts";
import { withErrors } from "./drain.ts";
import { round, sampleOf, shown, type Sample } from "./samples.ts";
import { runVectorizer } from "./vectorizer.ts";

const ROUNDS: Record<Size, number> = { quick: 1, normal: 3, full: 5 };
const RECORDS = 100;
const STEPS = {
  "records-found": "survey_and_count",
  "texts-embedded": "embed",
  "records-written": "write",
} as const;

const lineShape = z.looseObject({
  "event.action": z.string(),
  "event.duration": z.number().optional(),
});

/** One cycle of a hundred records by `--once`, the embedder answering at once: how long it takes, and where that goes. */
export async function benchCycle(bench: Bench): Promise<Measured> {
  const rounds: Record<string, number>[] = [];
  for (let go = 0; go < ROUNDS[bench.size]; go++) {
    bench.say(`Cycle ${go + 1} of ${ROUNDS[bench.size]}`);
    rounds.push(await withErrors(bench, RECORDS, ({ name }) => measure(bench, name)));
  }
  const figures = Object.fromEntries(
    Object.keys(rounds[0] ?? {}).map((name): [string, Sample] => [
      `${name}_ms`,
      sampleOf(rounds.map((one) => one[name] ?? Number.NaN)),
    ]),
  );
  const rows = ["cycle", "process"].flatMap((name) => {
    const sample = figures[`${name}_ms`];
    const what = name === "cycle" ? "cycle of 100" : "--once with it, from start to exit";
    return sample ? [{ what, value: shown(sample, "ms") }] : [];
  });
  return { figures: { records: RECORDS, ...figures }, rows };
}

async function measure(bench: Bench, index: string): Promise<Record<string, number>> {
  const env = { LOG_FORMAT: "json", LOG_LEVEL: "info" };
  const ran = await runVectorizer(bench, { args: ["--once"], index, delayMs: 0, env });
  const lines = ran.stdout.split("\n").filter(Boolean);
  const took = new Map(
    lines.map((line) => {
      const read = lineShape.parse(JSON.parse(line));
      return [read["event.action"], (read["event.duration"] ?? 0) / 1e6];
    }),
  );
  const cycle = took.get("cycle-ended") ?? Number.NaN;
  const steps: [string, number][] = Object.entries(STEPS).map(([action, name]) => [
    name,
    took.get(action) ?? Number.NaN,
  ]);
  const known = steps.reduce((sum, [, ms]) => sum + ms, 0);
  return {
    process: ran.wallMs,
    cycle,
    ...Object.fromEntries(steps),
    select_look_refresh_recount: round(cycle - known),
  };
}
