import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { z } from "zod";
import { signatureOf } from "../../src/domain/signature.ts";
import { createToText } from "../../src/pipeline/text.ts";
import { parseLogFile } from "../sample-logs/parse-log-file.ts";
import type { Bench, Measured, Row } from "./bench.ts";
import { readSampleLogs, sampleLogsFolder } from "./sample-logs.ts";
import { round } from "./samples.ts";
import { dot, embedAll, embeddersAtHand } from "./search-embedders.ts";

const SAMPLE_ERRORS = resolve(import.meta.dirname, "../sample-logs/sample-errors.jsonl");
/** Messages of a template that are compared with each other. */
const OF_A_TEMPLATE = 3;

const questionsSchema = z.array(
  z.object({
    query: z.string(),
    query_ko: z.string(),
    /** A right answer holds one of these. */
    expected: z.array(z.string()).min(1),
  }),
);
type Questions = z.infer<typeof questionsSchema>;

export const LANGUAGES = { en: "query", ko: "query_ko" } as const;

/**
 * Questions of people and how far up the first right message stands, among one message of each template of the real logs and
 * of the sample errors; skipped where there are no questions or no logs.
 */
export async function measureQuestions(bench: Bench): Promise<Measured> {
  const questions = await readQuestions();
  if (questions === undefined) return skip("QUERIES names no file of questions");
  if (sampleLogsFolder() === undefined) return skip("no real logs here: LOG_VECTORIZER_LOGS");
  const templates = await readCorpus(OF_A_TEMPLATE);
  await using stack = new AsyncDisposableStack();
  const { embedders, skipped } = await embeddersAtHand(stack, bench);
  const figures = [];
  const rows: Row[] = [...skipped];
  for (const embedder of embedders) {
    const { name: by, model } = embedder;
    bench.say(`${questions.length} questions by ${by} (${model})`);
    const vectors = await embedAll(embedder, templates.flat(), bench.signal);
    const corpus = templates.map(([message = ""]) => message);
    const firsts = firstOfEach(templates, vectors);
    for (const language of ["en", "ko"] as const) {
      const asked = questions.map((question) => question[LANGUAGES[language]]);
      const queries = await embedAll(embedder, asked, bench.signal);
      const placed = placesOf(questions, queries, corpus, firsts);
      const found = summaryOf(placed.map(({ rank }) => rank));
      const right = sharesOf(placed.map(({ score }) => score));
      const cosine = { p5: right(0.05), p50: right(0.5) };
      figures.push({ embedder: by, model, language, ...found, cosine });
      rows.push({
        what: `${questions.length} questions (${language}), ${model}`,
        value:
          `MRR ${found.mrr}, right first ${found.recall_1}, among five ${found.recall_5}, ` +
          `cosine of the right one p5 ${cosine.p5}, p50 ${cosine.p50}`,
      });
    }
    const cosines = cosinesOf(templates, vectors, firsts);
    figures.push({ embedder: by, model, cosines });
    rows.push({
      what: `cosines, ${model}`,
      value: `one template p5 ${cosines.same.p5}, different ones p50 ${cosines.different.p50}, p99 ${cosines.different.p99}`,
    });
  }
  return { figures: { templates: templates.length, questions: questions.length, figures }, rows };
}

function skip(reason: string): Measured {
  return {
    figures: { skipped: reason },
    rows: [{ what: "questions", value: `skipped: ${reason}` }],
  };
}

/** Those of the file that QUERIES names; undefined where it names none. */
export async function readQuestions(): Promise<Questions | undefined> {
  const file = process.env["QUERIES"];
  if (file === undefined) return undefined;
  return questionsSchema.parse(JSON.parse(await readFile(file, "utf8")));
}

/** The first messages of each template of the real logs and the sample errors, as texts to embed, at most so many. */
export async function readCorpus(ofTemplate: number): Promise<string[][]> {
  const toText = createToText({ redaction: "secrets", form: "message" });
  const samples = await Array.fromAsync(parseLogFile(SAMPLE_ERRORS));
  const logs = await readSampleLogs();
  const messages = [
    ...logs.flatMap((log) => log.messages),
    ...samples.map(({ message }) => message),
  ];
  const templates = new Map<string, Set<string>>();
  for (const message of messages) {
    const template = signatureOf(message);
    const known = templates.get(template) ?? new Set();
    if (known.size < ofTemplate) known.add(toText(message));
    templates.set(template, known);
  }
  return [...templates.values()].map((texts) => [...texts]);
}

function firstOfEach(templates: readonly string[][], vectors: readonly Float32Array[]) {
  let at = 0;
  return templates.map(({ length }) => {
    at += length;
    return vectors[at - length] ?? new Float32Array();
  });
}

/** Of each question its nearest right message: the place, from 1, and the cosine. */
function placesOf(
  questions: Questions,
  queries: readonly Float32Array[],
  corpus: readonly string[],
  vectors: readonly Float32Array[],
): { rank: number; score: number }[] {
  return questions.map(({ expected }, i) => {
    const query = queries[i] ?? new Float32Array();
    const scores = vectors.map((vector) => dot(query, vector));
    const right = scores.filter((_, at) => expected.some((part) => corpus[at]?.includes(part)));
    const score = Math.max(...right);
    const rank = 1 + scores.filter((other) => other > score).length;
    return { rank: right.length === 0 ? Infinity : rank, score };
  });
}

export function summaryOf(ranks: readonly number[]) {
  const share = (most: number) =>
    round(ranks.filter((rank) => rank <= most).length / ranks.length, 3);
  const mrr = round(ranks.reduce((sum, rank) => sum + 1 / rank, 0) / ranks.length, 3);
  return { mrr, recall_1: share(1), recall_5: share(5) };
}

/** How like messages of one template are, and those of different ones: what a least score may be chosen by. */
function cosinesOf(
  templates: readonly string[][],
  vectors: readonly Float32Array[],
  firsts: readonly Float32Array[],
) {
  const same: number[] = [];
  let at = 0;
  templates.forEach(({ length }, template) => {
    const first = firsts[template] ?? new Float32Array();
    for (const other of vectors.slice(at + 1, at + length)) same.push(dot(first, other));
    at += length;
  });
  const different = firsts.flatMap((a, i) => firsts.slice(i + 1).map((b) => dot(a, b)));
  const [s, d] = [sharesOf(same), sharesOf(different)];
  return {
    same: { p5: s(0.05), p50: s(0.5) },
    different: { p50: d(0.5), p95: d(0.95), p99: d(0.99) },
  };
}

/** What a share of the values is below. */
function sharesOf(values: readonly number[]): (part: number) => number {
  const sorted = values.toSorted((a, b) => a - b);
  return (part) => round(sorted[Math.floor(part * sorted.length)] ?? Number.NaN, 2);
}
