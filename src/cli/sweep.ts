import { openSweep } from "../app/parts/sweep.ts";
import type { Service } from "../app/service.ts";
import { sweepWithLease } from "../backfill/nightly-sweep.ts";
import { noSweep, runSweep, type SweepDeps, type SweepResult } from "../backfill/sweep.ts";
import { sumCoverage } from "../domain/coverage.ts";
import { estimateWords, REEMBED } from "../domain/other-models.ts";
import type { SweepSummary } from "../domain/summary.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, exitCodeOf, unavailability, type ExitCode } from "./exit-code.ts";
import { openProgressBar, printGaps, printJson, printLine } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

export type SweepCommandOptions = { since?: number; dryRun?: boolean; json?: boolean };

const HELD =
  "Another process of this STATE_DIR is sweeping: nothing was done. Wait for its end, which log-vectorizer status shows.";

/** Compares messages with their vectors and makes new vectors where a message changed; with `--dry-run` it only counts. */
export async function sweep(options: SweepCommandOptions, context: Context): Promise<ExitCode> {
  const { dryRun = false } = options;
  await using command = await openCommand(context, {
    needsEmbedder: !dryRun,
    answerOnStdout: true,
    logsToFile: !dryRun,
  });
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    sweepNow(options, context, service, stop),
  );
}

async function sweepNow(
  { since, dryRun = false, json = false }: SweepCommandOptions,
  { process: { stdout, stderr } }: Context,
  service: Service,
  stop: StopSignals,
): Promise<ExitCode> {
  const { deps, sweepState } = await openSweep(service, { dryRun });
  using bar = await openProgressBar(stderr);
  const progress = bar && (await reporter(service, bar.update, stop));
  const options = { ...(since !== undefined && { sinceMs: since }), ...(progress && { progress }) };
  const run = () => runSweep(deps, options, stop);
  const { clock, events } = service;
  const result = dryRun ? await run() : await sweepWithLease({ sweepState, clock, events }, run);
  bar?.[Symbol.dispose]();
  await keep(deps);
  if (!result) {
    const { pricePerMillionTokens } = deps.pricing;
    if (json)
      printJson(stdout, { ...noSweep(pricePerMillionTokens), dry_run: false, reason: HELD });
    printLine(stderr, HELD);
    return EXIT.incomplete;
  }
  const code = codeOf(result);
  const { summary, reason = null } = result;
  const fault =
    code === EXIT.unavailable && !stop.requested.aborted ? unavailability(result) : undefined;
  if (json) {
    printJson(stdout, fault ? errorJson(fault) : { ...summary, dry_run: dryRun, reason });
  } else printReport(stdout, summary, { dryRun, reason });
  return code;
}

/** What another process needs to know of this one. */
async function keep({ backfill }: SweepDeps): Promise<void> {
  if (!backfill) return;
  const { writeLoops, paused, trials, embedderLimits, held } = backfill;
  await Promise.all([
    writeLoops.save(),
    paused.save(),
    trials.save(),
    embedderLimits.flush(),
    held.sync(),
  ]);
}

function codeOf(result: SweepResult): ExitCode {
  const code = exitCodeOf(result);
  const isWhole = result.summary.failed === 0 && result.reason === undefined;
  return code === EXIT.ok && !isWhole ? EXIT.incomplete : code;
}

type Bar = NonNullable<Awaited<ReturnType<typeof openProgressBar>>>;

/** Shows how far it is of all records with a vector, which is more than it looks at where `--since` is given. */
async function reporter(
  { store, clock }: Service,
  update: Bar["update"],
  { everything }: StopSignals,
): Promise<(summary: SweepSummary) => void> {
  const records = await store();
  const { fit } = await records.survey(everything);
  const indices = fit.map(({ index }) => index);
  const { vectorized, otherModel } = sumCoverage(
    (await records.coverage({ indices }, everything)).rows,
  );
  const startedAt = clock.now();
  return ({ looked_at: done, embedding }) => {
    const total = Math.max(done, vectorized + otherModel);
    const recordsPerSecond = (done / Math.max(1, clock.now() - startedAt)) * 1000;
    const secondsLeft = recordsPerSecond > 0 ? (total - done) / recordsPerSecond : null;
    update({ done, total, recordsPerSecond, secondsLeft, costUsd: embedding.cost_usd });
  };
}

function printReport(
  stream: NodeJS.WritableStream,
  summary: SweepSummary,
  { dryRun, reason }: { dryRun: boolean; reason: string | null },
): void {
  const { estimates, outcomes } = summary;
  const { updated, reused, empty, missing, already_vectorized: already } = outcomes;
  const cost = (estimate: SweepSummary["estimates"]["other_model"]) =>
    estimate ? estimateWords(estimate) : "";
  const done = [
    [updated, "embedded"],
    [reused, "reused"],
    [already, "done by another process"],
    [empty, "now empty"],
    [missing, "deleted"],
    [summary.failed, "without a new vector"],
  ] as const;
  const changed = done.filter(([n]) => n > 0).map(([n, what]) => `${n} ${what}`);
  const rows: [what: string, records: number, remark: string][] = [
    ["vector of its message", summary.current, ""],
    [
      "message changed",
      summary.text_changed,
      dryRun ? cost(estimates.text_changed) : changed.join(", "),
    ],
    ["text of another version", summary.other_text_version, cost(estimates.other_text_version)],
    [
      "of another model",
      summary.other_model,
      summary.other_model > 0 ? `${cost(estimates.other_model)}: ${REEMBED}` : "",
    ],
    ["of another STAMP_KEY", summary.other_key, ""],
    ["unsigned", summary.unsigned, ""],
  ];
  const shown = rows.filter(([, records], i) => i < 2 || records > 0);
  printTable(
    stream,
    [{ head: "records with a vector" }, { head: "number", align: "right" }, { head: "" }],
    [
      ...shown.map(([what, records, remark]) => [what, String(records), remark]),
      ["looked at", String(summary.looked_at), ""],
    ],
  );
  if (dryRun) printLine(stream, "\nNothing was written or paid (--dry-run).");
  if (reason !== null) printLine(stream, `\nIncomplete: ${reason}`);
  printGaps(stream, summary.gaps);
}
