import { relative } from "node:path";

import type { LogEntry } from "../sample-logs/log-entry.ts";
import { parseLogFile, type LogFile } from "../sample-logs/parse-log-file.ts";
import { indexNames } from "./index-names.ts";

export const SAMPLE_INDEX = "quickstart_2026_11";
export const PATTERN = "quickstart_*";
export const MODEL = "all-minilm-l6-v2";
export const MULTILINGUAL = "use-multilingual-v3";
/** EMBEDDING_MODEL of a trial. */
export type TrialModel = typeof MODEL | "hashing";
const SAMPLE_QUESTION = "no free database connection in the pool, gave up waiting";
/** No sample has a word of these. */
const OTHER_WORDS = "slow SQL aborted";
const KOREAN = {
  question: "비밀번호를 여러 번 틀려서 계정이 잠김",
  means: "account locked after several wrong passwords",
};
const CYCLE_RECORDS = 100;
const SHOWN = 5;
const SHOWN_BY_MEANING = 3;

/** Vectors by this model stand beside the others. */
export const MULTILINGUAL_SETTINGS = {
  EMBEDDING_MODEL: MULTILINGUAL,
  VECTOR_FIELD: "log_vector_multilingual",
};

/** The log files to try, and whether they are the samples. */
export type Logs = { files: LogFile[]; samples: boolean };

/** Where it is tried: with a real OpenSearch, or in memory. */
export type Trial = {
  /** Prints the title of the next step with its number. */
  step(title: string): void;
  /** By which EMBEDDING_MODEL. */
  model: TrialModel;
  /** The same logs with other vectors, by a model that reads Korean too. Absent: that model is not here. */
  multilingual?: { told: Record<string, string>; cli: Trial["cli"] };
  /** ENRICHMENT_LEVELS. */
  levels: string;
  /** Runs `log-vectorizer` with these arguments, its output to ours. Throws where it does not end with 0. */
  cli(args: string[]): Promise<void>;
  /** Puts the records into an index; returns their number by level. */
  load(index: string, entries: AsyncIterable<LogEntry>): Promise<ReadonlyMap<string, number>>;
  /** The messages of the latest records that have a vector. */
  latestMessages(): Promise<string[]>;
};

export const say = (line: string) => console.log(`  ${line}`);
/** Numbers the steps of one run. */
export function createSteps(): Trial["step"] {
  let number = 0;
  return (title) => head(`${++number}. ${title}`);
}

export const head = (line: string) => console.log(`\n${line}`);

/** Loads the logs and gives them vectors, with the coverage before and after. */
export async function enrichLogs(trial: Trial, logs: Logs): Promise<void> {
  trial.step("Logs, as your pipeline would have indexed them");
  const wanted = await load(trial, logs);
  if (wanted === 0) {
    throw new Error(
      `No record is of the level ${trial.levels}, so there is nothing to do. ` +
        "Name others that these logs have, such as: ENRICHMENT_LEVELS=WARN,FATAL npm run quickstart -- --logs FILE",
    );
  }
  trial.step("Coverage before");
  await showCli(trial, ["status"]);
  const drains = wanted > CYCLE_RECORDS;
  trial.step(drains ? "Cycles until nothing is pending" : "One cycle");
  await showCli(trial, [drains ? "--drain" : "--once"]);
  trial.step("Coverage after");
  await showCli(trial, ["status"]);
}

/** The indices that the logs go to. */
export function indicesOf({ files, samples }: Logs): string[] {
  return samples ? [SAMPLE_INDEX] : indexNames(files);
}

export function wantedLevels(levels: string): string[] {
  return levels
    .toLowerCase()
    .trim()
    .split(/\s*,\s*/);
}

/** Returns the number of records of the wanted levels. */
async function load(trial: Trial, logs: Logs): Promise<number> {
  const levels = wantedLevels(trial.levels);
  const names = indicesOf(logs);
  let wanted = 0;
  for (const [at, file] of logs.files.entries()) {
    const index = names[at] ?? SAMPLE_INDEX;
    const perLevel = await trial.load(index, parseLogFile(file.path));
    const counts = [...perLevel].map(([level, count]) => `${count} ${level}`).join(", ");
    say(
      `${relative(process.cwd(), file.path)} (${file.format.name}) → ${index}: ${counts || "empty"}`,
    );
    if (!file.hasLevels)
      say("  No level was recognised, so every record in it counts as an ERROR.");
    for (const [level, count] of perLevel) {
      if (levels.includes(level.toLowerCase())) wanted += count;
    }
  }
  return wanted;
}

/** `prefix`: settings that stand before the command. */
export async function showCli(
  trial: Pick<Trial, "cli"> & { prefix?: string },
  args: string[],
): Promise<void> {
  say(`$ ${trial.prefix ?? ""}log-vectorizer ${args.map(quoted).join(" ")}`);
  await trial.cli(args);
}

/** Searches the samples by meaning where there is a model for it, else for the errors that are most like one. */
export async function showSearches(trial: Trial, { samples }: Logs): Promise<void> {
  if (samples && trial.model === MODEL) {
    trial.step(`Errors that mean "${OTHER_WORDS}", though none has a word of it`);
    await showCli(trial, ["search", "--limit", String(SHOWN_BY_MEANING), "--", OTHER_WORDS]);
  } else {
    const question = samples ? SAMPLE_QUESTION : mostFrequent(await trial.latestMessages());
    if (question === undefined) return;
    trial.step(`Errors like "${shorten(question, 90)}"`);
    await showCli(trial, ["search", "--limit", String(SHOWN), "--", question]);
  }
  if (samples && trial.multilingual) await showKorean(trial, trial.multilingual);
}

async function showKorean(trial: Trial, { told, cli }: NonNullable<Trial["multilingual"]>) {
  trial.step(`The same logs asked in Korean: "${KOREAN.means}"`);
  const before = Object.entries(told).map(([name, value]) => `${name}=${value} `);
  const other = { cli, prefix: before.join("") };
  say(`${MULTILINGUAL} reads 16 languages. Its vectors go into a field of their own.`);
  await showCli(other, ["--once"]);
  await showCli(other, ["search", "--limit", String(SHOWN_BY_MEANING), "--", KOREAN.question]);
}

function mostFrequent(messages: readonly string[]): string | undefined {
  const groups = [...Map.groupBy(messages, (message) => message)];
  return groups.toSorted(([, a], [, b]) => b.length - a.length)[0]?.[0];
}

function shorten(text: string, length: number): string {
  const line = text.split("\n", 1)[0] ?? "";
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}

function quoted(argument: string): string {
  return argument.includes(" ") ? `'${shorten(argument, 90).replaceAll("'", "’")}'` : argument;
}
