import { text } from "node:stream/consumers";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { z } from "zod";
import { createLocalEmbedder } from "../../src/adapters/local-embedder/local-embedder.ts";
import { MODEL_NAMES } from "../../src/adapters/local-embedder/convert/published-models.ts";
import { modelFile } from "../models/model-folder.ts";

const AT_ONCE = 100;
/** Vectors computed before the clock starts: the kernels are compiled for speed while they run. */
const WARM_UP = 200;
const RESOLUTION_MS = 1;

const inputSchema = z.object({ model: z.string(), workers: z.int(), texts: z.array(z.string()) });

/** In a process of its own, so that its memory is the model's: reads `inputSchema` from stdin, prints what it measured. */
const { model, workers, texts } = inputSchema.parse(JSON.parse(await text(process.stdin)));
const name = MODEL_NAMES.find((known) => known === model);
if (name === undefined) throw new Error(`There is no model ${model}`);
const { signal } = new AbortController();
const bytesBefore = process.memoryUsage.rss();
const startedAt = performance.now();
await using embedder = createLocalEmbedder({ model: name, file: modelFile(name), workers });
const embed = async (some: readonly string[]) => {
  for (let at = 0; at < some.length; at += AT_ONCE) {
    const inputs = some.slice(at, at + AT_ONCE).map((each) => ({ text: each, logId: "" }));
    await embedder.embed(inputs, signal);
  }
};
await embed(["one"]);
const openMs = performance.now() - startedAt;
await embed(texts.slice(0, WARM_UP));
const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
delay.enable();
const cpuBefore = process.cpuUsage();
const from = performance.now();
await embed(texts);
const ms = performance.now() - from;
const { user, system } = process.cpuUsage(cpuBefore);
console.log(
  JSON.stringify({
    first_vector_ms: Math.round(openMs),
    cpu_ms_per_text: (user + system) / 1000 / texts.length,
    texts_per_second: (texts.length / ms) * 1000,
    loop_delay_p99_ms: delay.percentile(99) / 1e6,
    loop_delay_max_ms: delay.max / 1e6,
    rss_before_mb: bytesBefore / 1e6,
    peak_rss_mb: process.resourceUsage().maxRSS / 1000,
  }),
);
