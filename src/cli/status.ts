import { DAEMON_STATE } from "../backfill/daemon.ts";
import { readStatus, type Status, type StatusRow } from "../inspection/status.ts";
import { daemonLine } from "./daemon-line.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { percent, printJson, printLine, printTable, type Column } from "./print.ts";

/** Coverage and backlog per index. */
export async function status(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  const report = await readStatus(
    { store: await service.store(), state: service.state },
    DAEMON_STATE,
    new AbortController().signal,
  );
  const { stdout } = context.process;
  if (options.json) printJson(stdout, report);
  else printStatus(stdout, report, service.clock.now());
  return EXIT.ok;
}

const COLUMNS: Column[] = [
  { head: "index" },
  { head: "records", align: "right" },
  { head: "with vector", align: "right" },
  { head: "backlog", align: "right" },
  { head: "no text", align: "right" },
  { head: "coverage", align: "right" },
  { head: "search" },
];

function printStatus(stream: NodeJS.WritableStream, report: Status, now: number): void {
  const rows = report.indices.map((row) => [row.index, ...cells(row), row.search]);
  if (rows.length === 0) printLine(stream, "No fit index behind OPENSEARCH_INDEX_PATTERN.");
  else printTable(stream, COLUMNS, [...rows, ["total", ...cells(report.total), ""]]);
  if (report.failed_shards > 0) {
    printLine(stream, `\n${report.failed_shards} shards failed: the counts are too low.`);
  }
  if (report.unfit.length > 0) {
    printLine(stream, "");
    printTable(
      stream,
      [{ head: "left alone" }, { head: "because" }, { head: "to mend it" }],
      report.unfit.map(({ index, reason, mend = "" }) => [index, reason, mend]),
    );
  }
  printLine(stream, `\n${daemonLine(report.daemon, now)}`);
}

function cells({ records, vectorized, pending, without_text: none, coverage }: StatusRow) {
  return [...[records, vectorized, pending, none].map(String), percent(coverage)];
}
