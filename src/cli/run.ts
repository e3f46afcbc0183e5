import { capitalized, count } from "../domain/count.ts";
import { unfitRecordsLine, type UnfitRecords } from "../domain/unfit-records.ts";
import { createRunner } from "../backfill/runner.ts";
import { watchSignals } from "../app/shutdown.ts";
import type { BackfillDeps } from "../backfill/cycle.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, exitCodeOf, unavailability, type ExitCode } from "./exit-code.ts";
import { runToEnd } from "./run-to-end.ts";
import { reportModel } from "../app/roles/await-model.ts";
import { reportOtherVectors } from "../app/other-vectors.ts";
import { openProgressBar, printJson } from "./print.ts";

export type RunOptions = { once?: boolean; drain?: boolean; json?: boolean; quiet?: boolean };

/** Runs the daemon, or with `--once` and `--drain` one run. */
export async function run(options: RunOptions, context: Context): Promise<ExitCode> {
  const byHand = options.once === true || options.drain === true;
  const quiet = options.quiet === true;
  await using command = await openCommand(context, {
    needsEmbedder: true,
    asksModel: true,
    answerOnStdout: options.json === true,
    // Under cron a log file would end up in the home folder.
    logsToFile: !quiet,
    lasting: !byHand,
    quiet,
  });
  const { events } = command.service;
  if (!byHand) {
    using stop = watchSignals(context.process, (signal) => events.stopping({ signal }));
    const { runDaemon } = await import("../app/roles/daemon.ts");
    await runDaemon(command.service, command.config, stop);
    events.stopped();
    return EXIT.ok;
  }
  const code = await runToEnd(context, events, (stop) =>
    runByHand(options, context, command, stop),
  );
  if (code !== EXIT.ok) command.failed();
  return code;
}

const NO_SUMMARY = { kind: "stopped", message: "Stopped before there was anything to sum up." };

type Command = Awaited<ReturnType<typeof openCommand>>;

async function runByHand(
  { drain = false, json = false, quiet = false }: RunOptions,
  { process }: Context,
  command: Command,
  stop: StopSignals,
): Promise<ExitCode> {
  const { service } = command;
  await reportModel(service);
  const backfill = await service.backfill();
  using bar = drain && !quiet ? await openProgressBar(process.stderr) : undefined;
  const deps: BackfillDeps = bar ? { ...backfill, events: bar.follow(backfill.events) } : backfill;
  const result = await createRunner(deps, { drain, nextRun: () => undefined })(stop);
  const nothingFit = "summary" in result && result.summary.indices.fit === 0;
  if (nothingFit) tellNothingFit(command, result.summary.indices.unfit);
  else if ("unfitRecords" in result && result.unfitRecords)
    tellSkipped(command, result.unfitRecords);
  const ended = exitCodeOf(result);
  const code = nothingFit && ended === EXIT.ok ? EXIT.incomplete : ended;
  const isStopped = stop.requested.aborted;
  const summary =
    "summary" in result && (isStopped || code !== EXIT.unavailable) ? result.summary : undefined;
  // Read only if needed, so that an empty run stays fast.
  const asks = summary && ((summary.other_model ?? 0) > 0 || summary.indices.unfit > 0);
  const found = asks ? await reportOtherVectors(service, stop.everything) : undefined;
  if (json) {
    const answer = summary && { ...summary, other_models: found?.models ?? null };
    const why = isStopped ? undefined : unavailability(result);
    printJson(process.stdout, answer ?? errorJson(why ?? NO_SUMMARY));
  }
  return code;
}

/** Explains an empty run, which looks like one without work. */
function tellNothingFit({ logger, config }: Command, unfit: number): void {
  const { indexPattern } = config.logs;
  const what =
    unfit === 0
      ? `No index matches OPENSEARCH_INDEX_PATTERN (${indexPattern})`
      : `None of the ${count(unfit, "index")} behind OPENSEARCH_INDEX_PATTERN (${indexPattern}) is fit`;
  const todo = unfit === 0 ? "check the pattern" : "log-vectorizer check says why";
  logger.log("warn", `${what}: no record got a vector; ${todo}`, { "event.action": "nothing-fit" });
}

/** Otherwise only `check` would show indices that are not tried. */
function tellSkipped({ logger }: Command, left: UnfitRecords): void {
  const line = unfitRecordsLine(left);
  if (line === undefined) return;
  const text = `${capitalized(line)}; log-vectorizer check says why`;
  logger.log("warn", text, {
    "event.action": "records-skipped",
    "log_vectorizer.skipped": left.records,
  });
}
