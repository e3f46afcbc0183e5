import { count } from "../domain/count.ts";

import type { SearchFilter } from "../search/search-deps.ts";
import type { SearchAnswer, SearchHit } from "../search/search-answer.ts";
import { searchRemarks, whyNothingCompared } from "../search/search-remarks.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import {
  cut,
  filterWords,
  oneLine,
  printMessages,
  shortTime,
  type Terminal,
} from "./print-rows.ts";
import type { Column } from "./table.ts";

type Process = Pick<NodeJS.Process, "stdout" | "argv">;
type Shown = { json: boolean; filter: SearchFilter };

/** Prints a search answer. Finding nothing is complete; comparing nothing is not. */
export function answered(
  answer: SearchAnswer,
  { json, filter }: Shown,
  { stdout }: Process,
): ExitCode {
  if (json) printJson(stdout, answer);
  else printAnswer(stdout, answer, filter);
  const isWhole = answer.gaps.length === 0 && whyNothingCompared(answer) === undefined;
  return isWhole ? EXIT.ok : EXIT.incomplete;
}

export function printAnswer(stream: Terminal, answer: SearchAnswer, filter: SearchFilter): void {
  const { hits } = answer;
  const why = whyNothingCompared(answer);
  if (why !== undefined) printLine(stream, `${why}\n`);
  printLine(stream, whatWasSearched(answer, filter));
  if (hits.length > 0) {
    printHits(stream, hits);
    printLine(stream, "");
  }
  for (const line of searchRemarks(answer)) printLine(stream, line);
  const [first] = hits;
  if (!first) return;
  printLine(stream, `More like the first: ${similarCommand(first)}`);
}

function printHits(stream: Terminal, hits: readonly SearchHit[]): void {
  const repeated = hits.some(({ count: records }) => records > 1);
  const columns: Column[] = [
    { head: "score", align: "right" },
    { head: repeated ? "last seen (UTC)" : "time (UTC)" },
    ...(repeated ? [{ head: "first seen" }] : []),
    { head: "count", align: "right" },
    { head: "service" },
    { head: "level" },
    { head: "message" },
  ];
  const rows = hits.map(({ score, count: records, service, level, ...hit }) => [
    score.toFixed(3),
    shortTime(hit.last_seen),
    ...(repeated ? [records > 1 ? shortTime(hit.first_seen) : ""] : []),
    String(records),
    cut(oneLine(service ?? ""), 24),
    cut(oneLine(level ?? ""), 12),
    `${oneLine(hit.message)}${hit.message_truncated ? "…" : ""}`,
  ]);
  printMessages(stream, columns, rows);
}

function whatWasSearched(
  { hits, more, searched, model }: SearchAnswer,
  filter: SearchFilter,
): string {
  const records =
    searched.records === null ? "an unknown number of records" : count(searched.records, "record");
  const among = `${records} with a vector of ${model} in ${count(searched.indices, "index")}`;
  const asked = filterWords(filter);
  if (hits.length === 0) return `Nothing found among ${among}${asked}.`;
  const behind = more ? "; there are more (--limit)" : "";
  const shown = hits.length === 1 ? "The nearest" : `The nearest ${hits.length}`;
  return `${shown} among ${among}${asked}${behind}.`;
}

/** A shell command. */
function similarCommand({ index, id, shard_key: shardKey }: SearchHit): string {
  const options = shardKey === null ? [] : ["--shard-key", quoted(shardKey)];
  // Ids made by OpenSearch may begin with a hyphen.
  const ended = id.startsWith("-") ? ["--"] : [];
  return ["log-vectorizer similar", ...options, ...ended, quoted(index), quoted(id)].join(" ");
}

function quoted(text: string): string {
  return /^[\w.:@%+=,/-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
