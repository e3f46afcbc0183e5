import { heldNames, queryWords, SEARCH_MODES } from "../../src/search/query-words.ts";
import type { SearchMode } from "../../src/search/query-words.ts";
import { watchSignals } from "../../src/app/shutdown.ts";
import type { Service } from "../../src/app/service.ts";
import { MODEL_NAMES } from "../../src/adapters/local-embedder/convert/published-models.ts";
import { skipWithout } from "../models/model-folder.ts";
import { textHash } from "../../test/support/fakes/signer.ts";
import { DIMENSIONS, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { createBenchIndex, type BenchIndex } from "./index.ts";
import { sampleLogsFolder } from "./sample-logs.ts";
import { embedAll } from "./search-embedders.ts";
import { readCorpus, readQuestions, summaryOf, LANGUAGES } from "./search-questions.ts";
import { openWith } from "./search-service.ts";

/** Of one template that many messages are there, each with other names. */
const OF_A_TEMPLATE = 20;
const NAMES: Record<Size, number> = { quick: 30, normal: 150, full: 500 };
const LIMIT = 50;
const AT_ONCE = 100;

type Question = { text: string; isRight(message: string): boolean };

/**
 * Whole searches in a real OpenSearch by words, by meaning and by both: where the first right message stands for people's
 * questions, and for names that one message alone has; skipped where there are no logs.
 */
export async function measureModes(bench: Bench): Promise<Measured> {
  if (sampleLogsFolder() === undefined) {
    const skipped = "no real logs here: LOG_VECTORIZER_LOGS names a folder with *.log files";
    return { figures: { skipped }, rows: [{ what: "words and meaning", value: skipped }] };
  }
  const messages = (await readCorpus(OF_A_TEMPLATE)).flat();
  const sets = await questionsFor(messages, NAMES[bench.size]);
  const figures = [];
  const rows: Row[] = [];
  for (const model of ["hashing", ...MODEL_NAMES] as const) {
    const reason = model !== "hashing" && skipWithout(model);
    if (reason) {
      rows.push({ what: model, value: `skipped: ${reason}` });
      continue;
    }
    bench.say(`${messages.length} messages by ${model}: words, meaning, both`);
    for (const found of await measureModel(bench, model, messages, sets)) {
      figures.push(found);
      const { what, mode, mrr, recall_1: first, recall_5: five } = found;
      rows.push({
        what: `${what}, ${found.model}, ${mode}`,
        value: `MRR ${mrr}, right first ${first}, among five ${five}`,
      });
    }
  }
  return { figures: { messages: messages.length, figures }, rows };
}

type QuestionSet = { what: string; questions: Question[] };

async function questionsFor(messages: readonly string[], count: number): Promise<QuestionSet[]> {
  const asked = (await readQuestions()) ?? [];
  const people = (["en", "ko"] as const).map((language) => ({
    what: `${asked.length} questions (${language})`,
    questions: asked.map((question) => ({
      text: question[LANGUAGES[language]],
      isRight: (message: string) => question.expected.some((part) => message.includes(part)),
    })),
  }));
  const names = rareNames(messages, count);
  const named = (what: string, textOf: (name: string) => string) => ({
    what: `${names.length} ${what}`,
    questions: names.map((name) => ({
      text: textOf(name),
      isRight: (message: string) => heldNames(message, [name]).length > 0,
    })),
  });
  return [
    ...people.filter(({ questions }) => questions.length > 0),
    named("names", (name) => name),
    named("questions with a name", (name) => `why did it fail for ${name}`),
  ];
}

/** Names that one message alone has, evenly taken from all. */
function rareNames(messages: readonly string[], count: number): string[] {
  const seen = new Map<string, number>();
  for (const message of messages) {
    for (const name of queryWords(message).names) seen.set(name, (seen.get(name) ?? 0) + 1);
  }
  const all = messages.join("\n");
  const rare = [...seen].flatMap(([name, times]) => (times === 1 ? [name] : []));
  const step = Math.max(1, Math.floor(rare.length / count));
  return rare
    .filter((_, i) => i % step === 0)
    .filter((name) => all.indexOf(name) === all.lastIndexOf(name))
    .slice(0, count);
}

async function measureModel(
  bench: Bench,
  model: string,
  messages: readonly string[],
  sets: readonly QuestionSet[],
) {
  const url = await bench.openSearch();
  const env = {
    EMBEDDING_PROVIDER: "local",
    EMBEDDING_MODEL: model,
    ...(model === "hashing" ? { EMBEDDING_DIMENSIONS: String(DIMENSIONS) } : {}),
  };
  const name = `modes_${model.replaceAll(/\W/g, "_")}`;
  await using service = openWith(bench, {
    ...env,
    OPENSEARCH_URL: url,
    OPENSEARCH_INDEX_PATTERN: name,
  });
  const { dimensions } = await service.embedder();
  const index = await createBenchIndex(url, { name, dimensions });
  try {
    await indexMessages(index, service, messages, bench.signal);
    await index.refresh();
    const found = [];
    for (const { what, questions } of sets) {
      for (const mode of SEARCH_MODES) {
        bench.signal.throwIfAborted();
        const ranks = await ranksOf(service, questions, mode);
        const { model: stamped } = await service.embedder();
        found.push({ what, model: stamped, mode, ...summaryOf(ranks) });
      }
    }
    return found;
  } finally {
    await index.drop();
  }
}

/** Where the first right hit stands, from 1; Infinity where it is not among the hits. */
async function ranksOf(
  service: Service,
  questions: readonly Question[],
  mode: SearchMode,
): Promise<number[]> {
  using stop = watchSignals(process, () => undefined);
  const { search } = await service.search();
  const ranks = [];
  for (const { text, isRight } of questions) {
    const { hits } = await search({ text, mode, limit: LIMIT }, stop);
    const at = hits.findIndex(({ message }) => isRight(message));
    ranks.push(at === -1 ? Infinity : at + 1);
  }
  return ranks;
}

/** As the service would have left them. */
async function indexMessages(
  index: BenchIndex,
  service: Service,
  messages: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const embedder = await service.embedder();
  const { model, dimensions } = embedder;
  const vectors = await embedAll(embedder, messages, signal);
  const lines = messages.map((message, i) => {
    const stamp = { model, dimensions, text_hash: textHash(message), truncated: false };
    const time = new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
    const values = Array.from(vectors[i] ?? [], (value) => Math.round(value * 1e8) / 1e8);
    const log = { "@timestamp": time, level: "ERROR", message, log_vector_meta: stamp };
    const document = JSON.stringify({ ...log, log_vector: values });
    return `{"index":{"_index":"${index.name}"}}\n${document}\n`;
  });
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    await index.bulk(lines.slice(start, start + AT_ONCE).join(""));
  }
}
