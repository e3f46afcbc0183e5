import { z } from "zod";
import type { Service } from "../app/service.ts";
import { count, duration } from "../telemetry/phrases.ts";
import { assignGroups } from "../pipeline/assign-groups.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { openCommand, type Context } from "./context.ts";
import type { ExitCode } from "./exit-code.ts";
import {
  planFor,
  rewriteAsked,
  rewritePlanShape,
  rewrittenShape,
  type RewriteOptions,
  type RewritePlan,
} from "./rewrite-command.ts";
import { runToEnd } from "./run-to-end.ts";

/** What `groups assign --json` prints. */
export const assignAnswerShape = z.union([
  rewritePlanShape.extend({ dry_run: z.boolean() }),
  rewritePlanShape.extend({ ...rewrittenShape.shape, assigned: z.int().nonnegative() }),
]);

/** Writes groups into the stamps of earlier records, after a confirmation; with `--dry-run` it only counts them. */
export async function assign(options: RewriteOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    assignNow(options, context, service, stop),
  );
}

async function assignNow(
  options: RewriteOptions,
  { process }: Context,
  service: Service,
  stop: StopSignals,
): Promise<ExitCode> {
  const [store, groupCounts] = await Promise.all([service.store(), service.groupCounts()]);
  const { fit } = await store.survey(stop.everything);
  const unmapped = fit.filter(({ ungrouped }) => ungrouped).map(({ index }) => index);
  if (!options.dryRun && unmapped.length > 0) await store.prepare(unmapped, stop.everything);
  const after = options.dryRun ? fit : (await store.survey(stop.everything)).fit;
  const open = after.filter(({ ungrouped }) => options.dryRun || !ungrouped);
  const indices = open.map(({ index }) => index);
  const { rows } = await groupCounts.countUngrouped(indices, stop.everything);
  const documents = rows.reduce((sum, { records }) => sum + records, 0);
  const plan = planFor(
    documents,
    rows.map(({ index }) => index),
  );
  const refused = after.filter(({ ungrouped }) => !options.dryRun && ungrouped);
  const { toText } = service;
  return await rewriteAsked(options, process, {
    plan,
    lines: [
      ...refused.map(({ index }) => `${index} takes no mapping for groups and is left out.`),
      ...planLines(plan),
    ],
    question: "Assign them?",
    declined: "Nothing was written. --yes assigns them without asking.",
    run: (progress) => assignGroups({ store, toText, progress }, plan.indices, stop),
    written: "assigned",
    lineOf: ({ seen, written }) => `${written} of ${count(seen, "record")} assigned to groups`,
  });
}

function planLines({ documents, indices, seconds }: RewritePlan): string[] {
  if (documents === 0) return ["Nothing to do: every record with a vector names its group."];
  return [
    `${count(documents, "record")} in ${count(indices.length, "index")} ${documents === 1 ? "names" : "name"} no group.`,
    `It takes no request to the embedder, ${count(documents, "update")}, in each of which OpenSearch indexes the record and its vector again, and about ${duration(seconds * 1000)}. A run that is stopped goes on where it was.`,
  ];
}
