import type { StatisticsQuery } from "../analysis/statistics/compare-statistics.ts";
import type { StatisticsAnswer } from "../analysis/statistics/statistics-answer.ts";
import { count } from "../domain/count.ts";
import { gapsLine } from "../domain/partial.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine, type Writable } from "./print.ts";
import { cut, minute, oneLine } from "./print-rows.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

export type StatisticsOptions = StatisticsQuery & { json?: boolean };

/** Compares the store's counts with what a sample tells. Nothing is embedded or written. */
export async function compare(
  { json = false, ...query }: StatisticsOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const answer = await service.compareStatistics(query, stop.requested);
    const { stdout } = context.process;
    if (json) printJson(stdout, answer);
    else printComparison(stdout, answer);
    return answer.gaps.length === 0 ? EXIT.ok : EXIT.incomplete;
  });
}

/** Levels and services that are shown; --json has all. */
const MAX_ROWS = 10;

export function printComparison(stream: Writable, answer: StatisticsAnswer): void {
  const { sample, db_statistics: db, verdict, accuracy_metrics: accuracy, gaps } = answer;
  const window = `${minute(answer.from)} to ${minute(answer.to)} UTC`;
  if (db.total_logs === null) printLine(stream, `No index of ${answer.index} could be counted.`);
  else if (db.total_logs === 0 && gaps.length === 0) printLine(stream, `No records, ${window}.`);
  else {
    printLine(
      stream,
      `${count(db.total_logs, "record")}, ${window}, beside an estimate from ${count(sample.taken, "record")} taken at random${sample.stratified ? " by tenths of the time" : ""}.`,
    );
    printFigures(stream, answer);
    if (sample.whole) printLine(stream, "The sample has every record, so nothing is estimated.");
  }
  if (verdict.grade !== null && verdict.weakest !== null) {
    const confidence = answer.ai_statistics.confidence_score;
    printLine(
      stream,
      `Accuracy ${text(accuracy.overall_accuracy)} % (${verdict.grade}), confidence ${text(confidence)} %; least accurate: ${verdict.weakest}.`,
    );
    printLine(
      stream,
      verdict.can_replace_db
        ? "Such an estimate can stand for the counts."
        : "Such an estimate cannot stand for the counts.",
    );
  }
  const leftOut = gapsLine(answer.left_out);
  if (leftOut !== undefined) printLine(stream, `Not counted: ${leftOut}.`);
  const unseen = gapsLine(gaps);
  if (unseen !== undefined) {
    printLine(
      stream,
      `Counts are too low and nothing is compared, for not all could be seen: ${unseen}`,
    );
  }
}

function printFigures(stream: Writable, answer: StatisticsAnswer): void {
  const { db_statistics: db, ai_statistics: ai, accuracy_metrics: accuracy } = answer;
  const { intervals } = ai;
  const figures: string[][] = [
    [
      "records",
      text(db.total_logs),
      text(ai.estimated_total_logs),
      range(intervals?.total_logs),
      text(accuracy.total_logs),
    ],
    [
      "errors",
      text(db.error_count),
      text(ai.estimated_error_count),
      range(intervals?.error_count),
      text(accuracy.error_count),
    ],
    [
      "error rate, %",
      text(db.error_rate),
      text(ai.estimated_error_rate),
      range(intervals?.error_rate),
      text(accuracy.error_rate),
    ],
  ];
  const shares = (
    what: string,
    counted: Record<string, number>,
    estimated: Record<string, number>,
  ) =>
    [...new Set([...Object.keys(counted), ...Object.keys(estimated)])]
      .slice(0, MAX_ROWS)
      .map((name) => [
        `${what} ${cut(oneLine(name), 24)}`,
        text(counted[name] ?? 0),
        text(estimated[name] ?? 0),
        "",
        "",
      ]);
  printTable(
    stream,
    [
      { head: "figure" },
      { head: "counted", align: "right" },
      { head: "estimated", align: "right" },
      { head: "95 % of samples", align: "right" },
      { head: "accuracy, %", align: "right" },
    ],
    [
      ...figures,
      ["by level", "", "", "", text(accuracy.by_level)],
      ...shares("  ", db.by_level, ai.by_level),
      ["by service", "", "", "", text(accuracy.by_service)],
      ...shares("  ", db.by_service, ai.by_service),
    ],
  );
  const services = Object.keys(db.by_service).length;
  if (services > MAX_ROWS) {
    printLine(stream, `${count(services - MAX_ROWS, "service")} more not shown (--json)`);
  }
}

/** With two decimals where it has any. */
function text(figure: number | null): string {
  return figure === null ? "-" : String(Number(figure.toFixed(2)));
}

function range(interval: { low: number; high: number | null } | null | undefined): string {
  if (!interval) return "-";
  return `${text(interval.low)} to ${interval.high === null ? "any number" : text(interval.high)}`;
}
