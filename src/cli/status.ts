import type { KafkaStatus } from "../status/kafka-status.ts";
import type { Status, StatusRow } from "../status/status.ts";
import { gapsLine } from "../domain/partial.ts";
import { otherDimensionsLine, otherModelsLine } from "../domain/other-models.ts";
import { textlessFrom, textlessLine } from "../domain/textless.ts";
import { withStop } from "../telemetry/failure.ts";
import { count, known, spentWords } from "../telemetry/phrases.ts";
import { processLines } from "./daemon-line.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { percent, printJson, printLine } from "./print.ts";
import { printTable, type Column } from "./table.ts";

/** Prints coverage and backlog per index. */
export async function status(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  const report = await service.status(new AbortController().signal);
  const { stdout } = context.process;
  if (options.json) printJson(stdout, report);
  else {
    printStatus(stdout, report);
    printLine(stdout, `\n${processLines(await service.processHealth())}`);
  }
  return report.gaps.length > 0 ? EXIT.incomplete : EXIT.ok;
}

const COLUMNS: Column[] = [
  { head: "index" },
  { head: "records", align: "right" },
  { head: "with vector", align: "right" },
  { head: "other model", align: "right" },
  { head: "backlog", align: "right" },
  { head: "quarantined", align: "right" },
  { head: "no text", align: "right" },
  { head: "coverage", align: "right" },
  { head: "search" },
];

function printStatus(stream: NodeJS.WritableStream, report: Status): void {
  const rows = report.indices.map((row) => [row.index, ...cells(row), row.search]);
  if (rows.length === 0) printLine(stream, "No fit index behind OPENSEARCH_INDEX_PATTERN.");
  else printTable(stream, COLUMNS, [...rows, ["total", ...cells(report.total), ""]]);
  printVectors(stream, report);
  const textless = textlessFrom(report.textless);
  if (textless.length > 0) printLine(stream, `Warning: ${textlessLine(textless)}.`);
  const unseen = gapsLine(report.gaps);
  if (unseen !== undefined) {
    printLine(stream, `\nNot counted, for not all of it could be seen: ${unseen}.`);
  }
  if (report.unfit.length > 0) {
    printLine(stream, "");
    printTable(
      stream,
      [{ head: "left alone" }, { head: "because" }, { head: "to fix it" }],
      report.unfit.map(({ index, reason, fix = "" }) => [index, reason, fix]),
    );
  }
  if (report.kafka) printKafka(stream, report.kafka);
  printEmbedding(stream, report);
}

/** The model in force, and vectors that cannot be compared with it. */
function printVectors(
  stream: NodeJS.WritableStream,
  { model, other_models: other, unfit }: Status,
) {
  printLine(stream, `\nModel in force: ${model.model}, ${count(model.dimensions, "dimension")}.`);
  if (other) printLine(stream, otherModelsLine(other));
  const lengths = otherDimensionsLine(unfit, model);
  if (lengths !== undefined) printLine(stream, `${lengths}.`);
}

/** An open circuit breaker and today's spending, where there is any. */
function printEmbedding(stream: NodeJS.WritableStream, { breaker, spent_today: spent }: Status) {
  if (breaker) {
    const { kind, since, message, hint } = breaker;
    printLine(
      stream,
      `\nEmbedder: refuses every request since ${since} (${kind}): ${withStop(message)} ${hint}`,
    );
  }
  if (spent.tokens === 0 && spent.limit_usd === null) return;
  printLine(stream, `\nSpent on ${spent.day} (UTC): ${spentWords(spent)}`);
}

const LAG_COLUMNS: Column[] = [
  { head: "group" },
  { head: "topic" },
  { head: "partition", align: "right" },
  { head: "committed", align: "right" },
  { head: "end", align: "right" },
  { head: "lag", align: "right" },
];

function printKafka(stream: NodeJS.WritableStream, { partitions, errors, lag }: KafkaStatus): void {
  printLine(stream, "");
  for (const error of errors) printLine(stream, error);
  if (partitions.length === 0) return;
  const rows = partitions.map(({ group, topic, partition, committed, end, lag: behind }) => [
    group,
    topic,
    ...[partition, committed ?? "none", end, behind].map(String),
  ]);
  const total = lag === null ? [] : [["total", "", "", "", "", String(lag)]];
  printTable(stream, LAG_COLUMNS, [...rows, ...total]);
}

function cells({ coverage, ...row }: StatusRow) {
  const { records, vectorized, other_model: other, pending, quarantined, without_text: none } = row;
  const counts = [records, vectorized, other, pending, quarantined, none];
  return [...counts.map(known), coverage === null ? known(null) : percent(coverage)];
}
