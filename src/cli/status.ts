import type { StreamStatus } from "../status/stream-status.ts";
import type { Status, StatusRow } from "../status/status-shape.ts";
import { groupIssues } from "../status/issues/group-issues.ts";
import { withStop } from "../telemetry/failure.ts";
import { capitalized } from "../domain/count.ts";
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
  const { model } = report;
  printLine(stream, `\nModel in force: ${model.model}, ${count(model.dimensions, "dimension")}.`);
  if (report.unfit.length > 0) {
    printLine(stream, "");
    printTable(
      stream,
      [{ head: "unfit index" }, { head: "reason" }, { head: "to fix it" }],
      report.unfit.map(({ index, reason, fix = "" }) => [index, reason, fix]),
    );
  }
  if (report.kafka) printKafka(stream, report.kafka);
  printSpent(stream, report.spent_today);
  if (report.held_vectors > 0) {
    const held = count(report.held_vectors, "vector");
    printLine(stream, `\nPaid for and not written yet: ${held}; the next run writes them.`);
  }
  printSweep(stream, report.sweep);
  printIssues(stream, report);
}

/** What is wrong, what that means and what to do; indices that are skipped have a table of their own. */
function printIssues(stream: NodeJS.WritableStream, { issues }: Status) {
  const others = groupIssues(issues.filter(({ id }) => id !== "unfit"));
  for (const { severity, title, kind, detail, impact, action, since } of others) {
    const of = kind === undefined ? "" : ` (${kind})`;
    const from = since === null ? "" : `, since ${since}`;
    const meaning = impact === undefined ? [] : [capitalized(impact)];
    printLine(stream, `\n[${severity}] ${title}${of}${from}`);
    for (const line of [detail, ...meaning, `To do: ${action}`]) {
      printLine(stream, `  ${withStop(line)}`);
    }
  }
}

function printSpent(stream: NodeJS.WritableStream, spent: Status["spent_today"]) {
  if (spent.tokens === 0 && spent.limit_usd === null) return;
  printLine(stream, `\nSpent on ${spent.day} (UTC): ${spentWords(spent)}`);
}

function printSweep(stream: NodeJS.WritableStream, sweep: Status["sweep"]) {
  if (!sweep) return;
  const { ended_at: endedAt, reason, summary } = sweep;
  const early = reason === null ? "" : ` Incomplete: ${withStop(reason)}`;
  const found = summary
    ? `${count(summary.looked_at, "record")} looked at, ${count(summary.text_changed, "message")} changed, ${summary.failed} without a new vector.`
    : "it could not begin.";
  printLine(stream, `\nLast sweep, ${endedAt}: ${found}${early}`);
}

const LAG_COLUMNS: Column[] = [
  { head: "group" },
  { head: "topic" },
  { head: "partition", align: "right" },
  { head: "committed", align: "right" },
  { head: "end", align: "right" },
  { head: "lag", align: "right" },
];

function printKafka(
  stream: NodeJS.WritableStream,
  { partitions, errors, lag }: StreamStatus,
): void {
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
