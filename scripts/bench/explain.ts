import { createTokenCounter } from "../../src/adapters/tokens/token-counter.ts";
import { excerpt } from "../../src/domain/explanation/excerpt.ts";
import type { Bench, Measured, Row } from "./bench.ts";
import {
  addRecall,
  CUTS,
  evidenceRecall,
  NO_RECALL,
  type Cut,
  type Recall,
  type Share,
} from "./logdx/evidence-recall.ts";
import { amongOtherErrors } from "./logdx/other-errors.ts";
import { readLogdx, type LogdxCase } from "./logdx/read-cases.ts";
import { sampleLogsFolder } from "./sample-logs.ts";
import { round } from "./samples.ts";

/** Tokens, of all the evidence of one explanation. */
const BUDGET = 6000;
const RUNS = [
  { budget: BUDGET, errors: 0 },
  { budget: 1500, errors: 0 },
  { budget: BUDGET, errors: 300 },
];
const TIMED_ROUNDS = 5;

/**
 * Whether the lines that explain a failure are among the evidence before any model is asked: LogDx-CI's failures of
 * continuous integration, cut to a budget of tokens, beside the end of the log and `grep` of words of failure.
 */
export async function benchExplain({ signal, say }: Bench): Promise<Measured> {
  const folder = sampleLogsFolder();
  const cases = folder === undefined ? [] : await readLogdx(folder);
  if (cases.length === 0) {
    const skipped = "no LogDx-CI here: LOG_VECTORIZER_LOGS names a folder with logdx/cases";
    return { figures: { skipped }, rows: [{ what: "explain", value: `skipped: ${skipped}` }] };
  }
  const { count } = await createTokenCounter();
  const rows: Row[] = [];
  const figures: Record<string, unknown> = { cases: cases.length };
  for (const { budget, errors } of RUNS) {
    signal.throwIfAborted();
    const name = errors === 0 ? `${budget} tokens` : `${budget} tokens, ${errors} other errors`;
    say(`Cutting ${cases.length} logs: ${name}`);
    const logs = errors === 0 ? cases : cases.map((one) => amongOtherErrors(one, errors));
    const { sums, byCase, texts } = cutAll(logs, budget);
    figures[name] = {
      recall: Object.fromEntries(Object.entries(sums).map(([cut, sum]) => [cut, sharesOf(sum)])),
      most_tokens_of_cl100k_base: Math.max(...texts.map(count)),
      signals_by_case: byCase,
    };
    if (budget === BUDGET && errors === 0) {
      rows.push(...Object.entries(byCase).map(([what, found]) => caseRow(what, found)));
    }
    rows.push(...sumRows(name, sums));
  }
  const ms = cpuMsPerMb(cases);
  figures["cpu_ms_per_mb"] = ms;
  rows.push({ what: "processor time", value: `${ms} ms per MB of log` });
  return { figures, rows };
}

/** `texts`: the excerpts. */
function cutAll(cases: readonly LogdxCase[], budget: number) {
  const sums: Record<Cut, Recall> = {
    excerpt: NO_RECALL,
    tail: NO_RECALL,
    "grep | tail": NO_RECALL,
  };
  const byCase: Record<string, Partial<Record<Cut, string>>> = {};
  const texts: string[] = [];
  for (const one of cases) {
    const found: Partial<Record<Cut, string>> = {};
    for (const cut of ["excerpt", "tail", "grep | tail"] as const) {
      const made = CUTS[cut](one.text, budget);
      const recall = evidenceRecall(one, made);
      sums[cut] = addRecall(sums[cut], recall);
      found[cut] = `${recall.signals.found} of ${recall.signals.of}`;
      if (cut === "excerpt") texts.push(made.text);
    }
    byCase[one.name] = found;
  }
  return { sums, byCase, texts };
}

function caseRow(name: string, found: Partial<Record<Cut, string>>): Row {
  const { excerpt: value = "", tail, "grep | tail": grep } = found;
  return { what: name, value, reference: `tail ${tail}, grep | tail ${grep}` };
}

function sumRows(name: string, sums: Record<Cut, Recall>): Row[] {
  const kinds = [
    ["signals", "evidence recall"],
    ["critical", "of critical signals"],
    ["mentions", "terms to mention"],
  ] as const;
  return kinds.map(([key, what]) => ({
    what: `${what}, ${name}`,
    value: String(shareOf(sums.excerpt[key])),
    reference: `tail ${shareOf(sums.tail[key])}, grep | tail ${shareOf(sums["grep | tail"][key])}`,
  }));
}

function sharesOf({ signals, critical, mentions }: Recall) {
  return { signals: shareOf(signals), critical: shareOf(critical), mentions: shareOf(mentions) };
}

function shareOf({ found, of }: Share): number {
  return of === 0 ? 1 : round(found / of, 3);
}

/** Processor time of this process, all rounds but the first one, by the size of the logs in UTF-16 units. */
function cpuMsPerMb(cases: readonly LogdxCase[]): number {
  const cut = () => {
    for (const { text } of cases) excerpt(text, { maxTokens: BUDGET });
  };
  cut();
  const before = process.cpuUsage();
  for (let i = 0; i < TIMED_ROUNDS; i++) cut();
  const { user, system } = process.cpuUsage(before);
  const mb = cases.reduce((sum, { text }) => sum + text.length, 0) / 1e6;
  return round((user + system) / 1000 / TIMED_ROUNDS / mb, 1);
}
