import { z } from "zod";
import { adoptStamps } from "../pipeline/adopt-stamps.ts";
import { unsignedIn, type StampKeys } from "../domain/stamp-keys.ts";
import type { Service } from "../app/service.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { count, duration } from "../telemetry/phrases.ts";
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

/** What `init --adopt-stamps --json` prints. */
export const adoptAnswerShape = z.union([
  rewritePlanShape.extend({ dry_run: z.boolean() }),
  rewritePlanShape.extend({ ...rewrittenShape.shape, signed: z.int().nonnegative() }),
]);

/** Signs vectors of earlier releases after a confirmation; with `--dry-run` it only counts them. */
export async function adopt(options: RewriteOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    adoptNow(options, context, service, stop),
  );
}

async function adoptNow(
  options: RewriteOptions,
  { process }: Context,
  service: Service,
  stop: StopSignals,
): Promise<ExitCode> {
  const [store, signer] = await Promise.all([service.store(), service.signer()]);
  const { fit } = await store.survey(stop.everything);
  const unmapped = fit.filter(({ unsigned }) => unsigned).map(({ index }) => index);
  if (!options.dryRun && unmapped.length > 0) await store.prepare(unmapped, stop.everything);
  const indices = fit.map(({ index }) => index);
  const { rows } = await store.countStampKeys(indices, stop.everything);
  const plan = planOf(rows);
  const { model, dimensions } = await service.inForce();
  const inForce = { model, dimensions };
  const { toText } = service;
  return await rewriteAsked(options, process, {
    plan,
    lines: planLines(plan, { key: signer.key, unmapped }),
    question: "Sign them?",
    declined: "Nothing was written. --yes signs them without asking.",
    run: (progress) =>
      adoptStamps({ store, signer, toText, inForce, progress }, plan.indices, stop),
    written: "signed",
    lineOf: ({ seen, written }) => `${written} of ${count(seen, "vector")} signed`,
  });
}

function planOf(rows: readonly StampKeys[]): RewritePlan {
  const indices = rows.filter(({ key }) => key === null).map(({ index }) => index);
  return planFor(unsignedIn(rows), indices);
}

function planLines(
  { documents, indices, seconds }: RewritePlan,
  { key, unmapped }: { key: string; unmapped: readonly string[] },
): string[] {
  const [first] = unmapped;
  const without =
    first === undefined
      ? []
      : [
          `${count(unmapped.length, "index")} (${first} first) had no mapping for signatures: where it is not allowed, or there is no room, nothing is signed.`,
        ];
  if (documents === 0) return [...without, "Nothing to do: every vector that can be is signed."];
  return [
    ...without,
    `${count(documents, "vector")} in ${count(indices.length, "index")} ${documents === 1 ? "is" : "are"} not signed. Signed with the key ${key}, they are used again for equal texts.`,
    `It takes no request to the embedder, ${count(documents, "update")} at most, and about ${duration(seconds * 1000)}. Those of another model or another text stay as they are.`,
    "Their author cannot be verified: sign them only if you trust everyone who could index documents here until now.",
  ];
}
