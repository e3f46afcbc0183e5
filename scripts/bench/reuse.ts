import { randomUUID } from "node:crypto";
import { createToText } from "../../src/pipeline/text.ts";
import { signer, textHash } from "../../test/support/fakes/signer.ts";
import type { VectorIndex } from "../../src/ports/vector-index.ts";
import { DIMENSIONS, MODEL, type Bench, type Measured } from "./bench.ts";
import { withIndex, type BenchIndex } from "./index.ts";
import { indexLogs, makeLogs, type BenchLog } from "./logs.ts";
import { readSampleLogs } from "./sample-logs.ts";
import { openRealStore } from "../../test/support/servers/real-store.ts";
import { drain } from "./vectorizer.ts";

const EMBEDDER_MS = 50;
const DIFFERENT = 4000;
const LOOKS = 21;
const PER_LOOK = 100;
const FORMS = ["message", "template"] as const;
type Form = (typeof FORMS)[number];

/**
 * What looking for vectors of equal texts in the store saves, on real logs whose second half comes a process later, and
 * what it costs where all texts are different.
 */
export async function benchReuse(bench: Bench): Promise<Measured> {
  const saved = [];
  for (const { file, messages } of await readSampleLogs()) {
    bench.say(`Second half of ${file} after the first`);
    const halves = [];
    for (const form of FORMS) halves.push(await measureSecondHalf(bench, messages, form));
    const [message, template] = halves;
    saved.push({ file, message, template });
  }
  bench.say(`${DIFFERENT} texts that are all different`);
  const cost = await withIndex(bench, (index) => measureCost(bench, index));
  return { figures: { second_half: saved, all_different: cost }, rows: [] };
}

/** Each half by a process of its own: what the second knows of earlier texts it knows from the store. */
function measureSecondHalf(bench: Bench, messages: readonly string[], form: Form) {
  return withIndex(bench, async (index) => {
    const job = { index: index.name, delayMs: EMBEDDER_MS, env: { EMBEDDING_TEXT: form } };
    const middle = Math.ceil(messages.length / 2);
    await indexLogs(index, asErrors(messages.slice(0, middle)));
    await drain(bench, job);
    const second = messages.slice(middle);
    await indexLogs(index, asErrors(second));
    const { embedding } = (await drain(bench, job)).summary;
    const texts = new Set(second.map(createToText({ redaction: "secrets", form }))).size;
    return { texts, found: texts - embedding.texts, embedded: embedding.texts };
  });
}

async function measureCost(bench: Bench, index: BenchIndex) {
  const { signal } = bench;
  const logs = [...makeLogs("different", DIFFERENT, () => "ERROR")];
  await indexLogs(index, logs);
  const { summary } = await drain(bench, { index: index.name, delayMs: EMBEDDER_MS });
  const at = { url: await bench.openSearch(), pattern: index.name };
  const store = await openRealStore(at, { dimensions: DIMENSIONS });
  await store.survey(signal);
  const unknown = await medianLook(store, () => textHash(randomUUID()), signal);
  const known = await medianLook(store, (i) => textHash(logs[i]?.message ?? ""), signal);
  await store.close();
  const drainPerHundredMs = (summary.duration_ms * PER_LOOK) / DIFFERENT;
  return {
    texts_embedded: summary.embedding.texts,
    drain_ms_per_100: Math.round(drainPerHundredMs),
    look_for_100_unknown_ms: unknown,
    look_for_100_known_ms: known,
    look_share_of_drain: Number((unknown / drainPerHundredMs).toFixed(3)),
  };
}

async function medianLook(
  store: VectorIndex,
  hashOf: (number: number) => string,
  signal: AbortSignal,
): Promise<number> {
  const times: number[] = [];
  for (let look = 0; look < LOOKS; look++) {
    const textHashes = Array.from({ length: PER_LOOK }, (_, i) => hashOf(look * PER_LOOK + i));
    const startedAt = performance.now();
    await store.findVectors({ textHashes, model: MODEL, dimensions: DIMENSIONS, signer }, signal);
    times.push(performance.now() - startedAt);
  }
  const middle = times.toSorted((a, b) => a - b)[Math.floor(LOOKS / 2)] ?? Number.NaN;
  return Number(middle.toFixed(1));
}

function* asErrors(messages: readonly string[]): Generator<BenchLog> {
  for (const message of messages) {
    const time = new Date().toISOString();
    yield { log_id: randomUUID(), "@timestamp": time, level: "ERROR", service: "x", message };
  }
}
