import { z } from "zod";
import type { BackfillDeps } from "../backfill/cycle.ts";
import { runReembed, type ReembedResult } from "../backfill/reembed.ts";
import { Fault } from "../domain/faults.ts";
import { MemoryFault } from "../domain/memory/memory-fault.ts";
import { reembedGroups } from "../memory/reembed-groups.ts";
import { embedMessages } from "../pipeline/collect-vectors.ts";
import { sumCoverage } from "../domain/coverage.ts";
import { matchesIndex } from "../domain/index-pattern.ts";
import { otherModelsLine, otherModelsShape } from "../domain/other-models.ts";
import { gapsShape } from "../domain/partial.ts";
import { count } from "../telemetry/phrases.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import type { Service } from "../app/service.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, exitCodeOf, unavailability, type ExitCode } from "./exit-code.ts";
import { readOtherVectors, type OtherVectors } from "../app/other-vectors.ts";
import { openProgressBar, printGaps, printJson, printLine } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

export type ReembedOptions = { index?: string; dryRun?: boolean; json?: boolean };

/** What `reembed --dry-run --json` prints. */
export const reembedPlanShape = z.object({
  dry_run: z.literal(true),
  found: z
    .int()
    .nonnegative()
    .nullable()
    .describe("Records with a vector of another model; null where not all could be seen."),
  indices: z.object({ fit: z.int().nonnegative(), unfit: z.int().nonnegative() }),
  by_index: z
    .array(z.object({ index: z.string(), other_model: z.int().nonnegative() }))
    .describe("The indices that hold such records."),
  other_models: otherModelsShape.nullable(),
  gaps: gapsShape.describe("Parts of fit indices that could not be seen; empty where all was."),
});

/** Replaces vectors of another model; with `--dry-run` it only shows their number and cost. */
export async function reembed(options: ReembedOptions, context: Context): Promise<ExitCode> {
  const { dryRun = false, json = false } = options;
  await using command = await openCommand(context, {
    needsEmbedder: !dryRun,
    answerOnStdout: json || dryRun,
    logsToFile: !dryRun,
  });
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    reembedNow(options, context, service, stop),
  );
}

async function reembedNow(
  { index: patterns, dryRun = false, json = false }: ReembedOptions,
  { process: { stdout, stderr } }: Context,
  service: Service,
  stop: StopSignals,
): Promise<ExitCode> {
  const { model } = await service.inForce();
  const found = await readOtherVectors(service, stop.everything, meantBy(patterns));
  if (patterns !== undefined && found.indices.fit + found.indices.unfit === 0) {
    const message = `No index behind OPENSEARCH_INDEX_PATTERN matches --index ${patterns}.`;
    if (json) printJson(stdout, errorJson({ kind: "usage", message }));
    printLine(stderr, message);
    return EXIT.usage;
  }
  // Shown before anything is paid.
  const stream = json ? stderr : stdout;
  if (found.lengths !== undefined) printLine(stream, `${found.lengths}.`);
  if (dryRun) {
    if (json) printJson(stdout, planJson(found));
    else printPlan(stdout, found, model);
    return found.gaps.length > 0 ? EXIT.incomplete : EXIT.ok;
  }
  if (!found.models) printLine(stream, nothingToDo(found, model));
  await reembedMemory(service, model, stop, stream);
  const result = await runNow(service, { found, model }, stop, stderr);
  const code = exitCodeOf(result);
  if (json) {
    const fault = stop.requested.aborted ? undefined : unavailability(result);
    const { summary, reason = null } = result;
    printJson(stdout, fault ? errorJson(fault) : { ...summary, reason });
  }
  // This command cannot replace vectors of other dimensions.
  return code === EXIT.ok && !found.models && found.lengths !== undefined ? EXIT.incomplete : code;
}

/** Groups are few, and what is new is compared with them: they come first. Records do not wait for a memory that cannot be used. */
async function reembedMemory(
  service: Service,
  model: string,
  stop: StopSignals,
  stream: NodeJS.WriteStream,
): Promise<void> {
  const deps = await service.backfill();
  const embed = async (texts: readonly string[]) => {
    const messages = texts.map((message, i) => ({ id: `group-${i}`, message }));
    return (await embedMessages(deps, messages, stop)).vectors;
  };
  try {
    const { groups } = await service.errorMemory();
    const { embedded, left } = await reembedGroups(groups, { model, embed }, stop.everything);
    if (embedded + left === 0) return;
    const rest = left === 0 ? "" : `; ${count(left, "group")} keep one of another model for now`;
    printLine(
      stream,
      `Memory of errors: ${count(embedded, "group")} got a vector of ${model}${rest}.`,
    );
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    // Nobody made it, or the store keeps none.
    if (error.kind === "configuration") return;
    if (error instanceof MemoryFault && error.problem === "absent") return;
    printLine(stream, `Memory of errors: groups keep their vectors: ${error.message}.`);
  }
}

/** Comma-separated patterns; without any every index matches. */
function meantBy(patterns: string | undefined): (index: string) => boolean {
  const all = patterns?.split(",").map((one) => one.trim());
  return (index) => all?.some((one) => matchesIndex(one, index)) ?? true;
}

async function runNow(
  service: Service,
  { found, model }: { found: OtherVectors; model: string },
  stop: StopSignals,
  stderr: NodeJS.WriteStream,
): Promise<ReembedResult> {
  const backfill = await service.backfill();
  const { events } = backfill;
  using bar = found.models ? await openProgressBar(stderr) : undefined;
  const deps: BackfillDeps = bar ? { ...backfill, events: bar.follow(events) } : backfill;
  if (found.models) {
    events.reembedStarted({ found: found.models.records, model });
  }
  deps.embedderLimits.startRun();
  try {
    const result = await runReembed(deps, found, stop);
    const { summary, reason } = result;
    if (found.models) events.reembedEnded({ summary, ...(reason === undefined ? {} : { reason }) });
    return result;
  } finally {
    await Promise.all([
      deps.writeLoops.save(),
      deps.paused.save(),
      deps.trials.save(),
      deps.embedderLimits.flush(),
      deps.held.sync(),
    ]);
  }
}

function nothingToDo({ rows, gaps, indices }: OtherVectors, model: string): string {
  if (indices.fit === 0) return "Nothing was done: no index here can be given vectors.";
  if (gaps.length > 0) {
    return `No record was seen that carries a vector of another model than ${model}.`;
  }
  const { vectorized, quarantined } = sumCoverage(rows);
  const aside =
    quarantined === 0
      ? ""
      : ` ${count(quarantined, "record")} in quarantine: log-vectorizer quarantine list.`;
  return `Nothing to do: no record in ${count(indices.fit, "index")} carries a vector of another model than ${model}, ${vectorized} carry one of it.${aside}`;
}

function planJson({ rows, indices, models, gaps }: OtherVectors): z.infer<typeof reembedPlanShape> {
  return {
    dry_run: true,
    found: gaps.length > 0 ? null : (models?.records ?? 0),
    indices,
    by_index: withOthers(rows).map(({ index, otherModel }) => ({ index, other_model: otherModel })),
    other_models: models,
    gaps,
  };
}

function printPlan(stream: NodeJS.WritableStream, found: OtherVectors, model: string): void {
  const { rows, models, gaps } = found;
  if (models) {
    const columns = [{ head: "index" }, { head: "other model", align: "right" as const }];
    const shown = withOthers(rows).map(({ index, otherModel }) => [index, String(otherModel)]);
    printTable(stream, columns, shown);
    printLine(stream, `\n${otherModelsLine(models)}`);
    printLine(stream, `Model in force: ${model}. Nothing was written or paid (--dry-run).`);
  } else printLine(stream, nothingToDo(found, model));
  printGaps(stream, gaps);
}

function withOthers(rows: OtherVectors["rows"]) {
  return rows.filter(({ otherModel }) => otherModel > 0);
}
