import { createLocalEmbedder } from "../../src/adapters/local-embedder/local-embedder.ts";
import { createTokenCounter } from "../../src/adapters/tokens/token-counter.ts";
import { createToText } from "../../src/pipeline/text.ts";
import type { TokenCounter } from "../../src/ports/embedder.ts";
import type { Bench, Measured } from "./bench.ts";
import type { LogEntry } from "../sample-logs/log-entry.ts";
import { readSampleLogs } from "./sample-logs.ts";

const FORMS = ["message", "template"] as const;
type Form = (typeof FORMS)[number];

const DIMENSIONS = 1024;
const NEIGHBOURS = 5;
/** Messages whose neighbours are looked up, evenly taken from all. */
const SAMPLE = 500;

/**
 * What EMBEDDING_TEXT=template saves on real logs, and what it does to the neighbours found: of a message's nearest five
 * other messages, the share that comes from the same logger, by the local embedder.
 */
export async function benchTexts({ signal, say }: Bench): Promise<Measured> {
  const tokens = await createTokenCounter();
  const files = [];
  const all: LogEntry[] = [];
  for (const { file, entries, messages } of await readSampleLogs()) {
    signal.throwIfAborted();
    say(`Counting ${file}`);
    all.push(...entries.filter(({ service }) => service !== undefined));
    const [message, template] = FORMS.map((form) => embedded(form, messages, tokens));
    files.push({ file, records: entries.length, message, template });
  }
  say("Looking for neighbours");
  const neighbours = Object.fromEntries(
    await Promise.all(FORMS.map(async (form) => [form, await sameLogger(form, all, signal)])),
  );
  return { figures: { files, same_logger_among_nearest_5: neighbours }, rows: [] };
}

function embedded(form: Form, messages: readonly string[], tokens: TokenCounter) {
  const texts = new Set(messages.map(createToText({ redaction: "secrets", form })));
  const sum = [...texts].reduce((all, text) => all + tokens.count(text), 0);
  return { texts: texts.size, tokens: sum };
}

async function sameLogger(
  form: Form,
  entries: readonly LogEntry[],
  signal: AbortSignal,
): Promise<number> {
  const loggerOf = new Map(entries.map(({ message, service = "" }) => [message, service]));
  const messages = [...loggerOf.keys()];
  const toText = createToText({ redaction: "secrets", form });
  const embedder = createLocalEmbedder({ dimensions: DIMENSIONS, maxTextsPerRequest: 100_000 });
  const inputs = messages.map((message) => ({ text: toText(message), logId: "" }));
  const vectors = (await embedder.embed(inputs, signal)).vectors.map(
    (vector) => vector ?? new Float32Array(DIMENSIONS),
  );
  const step = Math.max(1, Math.floor(messages.length / SAMPLE));
  let same = 0;
  let asked = 0;
  for (let at = 0; at < messages.length; at += step) {
    signal.throwIfAborted();
    const own = vectors[at];
    if (!own) continue;
    const nearest = vectors
      .map((vector, other) => ({ other, score: other === at ? -1 : dot(own, vector) }))
      .toSorted((a, b) => b.score - a.score)
      .slice(0, NEIGHBOURS);
    const logger = loggerOf.get(messages[at] ?? "");
    same += nearest.filter(({ other }) => loggerOf.get(messages[other] ?? "") === logger).length;
    asked += nearest.length;
  }
  return Number((same / asked).toFixed(3));
}

function dot(a: Float32Array, b: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] ?? 0) * (b[i] ?? 0);
  return sum;
}
