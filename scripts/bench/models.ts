import { availableParallelism } from "node:os";
import { once } from "node:events";
import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { resolve } from "node:path";
import { z } from "zod";
import { createMiniLm } from "../../src/adapters/local-embedder/minilm/minilm.ts";
import { openWorkspace } from "../../test/support/local-models.ts";
import { MODEL_NAMES } from "../../src/adapters/local-embedder/convert/published-models.ts";
import { skipWithout } from "../models/model-folder.ts";
import type { Bench, Measured, Row, Size } from "./bench.ts";
import { readSampleLogs, sampleLogsFolder } from "./sample-logs.ts";
import { round } from "./samples.ts";

const TEXTS: Record<Size, number> = { quick: 500, normal: 2000, full: 4000 };
const RUN = resolve(import.meta.dirname, "model-run.ts");

const measuredSchema = z.record(z.string(), z.number());

/**
 * What a model in this process costs: processor time and texts a second on one thread and on as many as there are processors,
 * how late the main thread's timers are meanwhile, memory, and how long the first vector takes. Different messages of the real
 * logs; skipped where there are none.
 */
export async function benchModels(bench: Bench): Promise<Measured> {
  if (sampleLogsFolder() === undefined) {
    const skipped = "no real logs here: LOG_VECTORIZER_LOGS names a folder with *.log files";
    return { figures: { skipped }, rows: [{ what: "models", value: skipped }] };
  }
  const texts = await messages(TEXTS[bench.size]);
  const figures: Record<string, unknown> = { texts: texts.length };
  const rows: Row[] = [];
  for (const model of MODEL_NAMES) {
    const skipped = skipWithout(model);
    if (skipped !== false) {
      rows.push({ what: model, value: `skipped: ${skipped}` });
      continue;
    }
    for (const workers of new Set([1, availableParallelism()])) {
      bench.say(`${model} by ${workers} threads`);
      const found = await run({ model, workers, texts }, bench.signal);
      figures[`${model}, ${workers}`] = found;
      const [cpu, speed] = [found["cpu_ms_per_text"], found["texts_per_second"]];
      rows.push({
        what: `${model}, ${workers} ${workers === 1 ? "thread" : "threads"}`,
        value:
          `${cpu} ms of processor time a text, ${speed}/s, timers p99 ${found["loop_delay_p99_ms"]} ms late, ` +
          `${found["peak_rss_mb"]} MB, first vector ${found["first_vector_ms"]} ms`,
      });
    }
  }
  if (skipWithout("all-minilm-l6-v2") === false) {
    const engine = createMiniLm(await openWorkspace("all-minilm-l6-v2"));
    const tokens = texts.reduce((sum, each) => sum + engine.tokenize(each).ids.length, 0);
    figures["tokens_per_text"] = round(tokens / texts.length);
    rows.push({ what: "tokens of MiniLM a text", value: `${round(tokens / texts.length)}` });
  }
  return { figures, rows };
}

async function messages(most: number): Promise<string[]> {
  const logs = await readSampleLogs();
  const all = [...new Set(logs.flatMap((log) => log.messages))];
  const step = Math.max(1, Math.floor(all.length / most));
  return all.filter((_, i) => i % step === 0).slice(0, most);
}

async function run(
  input: { model: string; workers: number; texts: string[] },
  signal: AbortSignal,
): Promise<Record<string, number>> {
  const child = spawn(process.execPath, [RUN], { stdio: ["pipe", "pipe", "inherit"], signal });
  child.stdin.end(JSON.stringify(input));
  const [printed, [code]] = await Promise.all([text(child.stdout), once(child, "exit")]);
  if (code !== 0) throw new Error(`${input.model} ended with ${code}`);
  const found = measuredSchema.parse(JSON.parse(printed));
  return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, round(value, 2)]));
}
