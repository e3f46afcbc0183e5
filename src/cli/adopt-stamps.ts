import { createInterface } from "node:readline/promises";
import { z } from "zod";
import { adoptStamps, type Adopted } from "../pipeline/adopt-stamps.ts";
import { unsignedIn, type StampKeys } from "../domain/stamp-keys.ts";
import type { Service } from "../app/service.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { count, duration } from "../telemetry/phrases.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";

type AdoptOptions = { dryRun?: boolean; yes?: boolean; json?: boolean };

/** A lower estimate of documents that OpenSearch reads and updates per second. */
const UPDATES_PER_SECOND = 200;

const whole = z.int().nonnegative();

const planShape = z.object({
  documents: whole.describe("With an unsigned vector."),
  indices: z.array(z.string()).describe("The indices that hold them."),
  embedding_requests: z.literal(0),
  updates: whole.describe("Updates of documents, at most."),
  seconds: whole.describe("Estimate of the time that it takes."),
});

/** What `init --adopt-stamps --json` prints. */
export const adoptAnswerShape = z.union([
  planShape.extend({ dry_run: z.boolean() }),
  planShape.extend({
    seen: whole.describe("Documents with an unsigned vector of the current model."),
    signed: whole,
    left: whole.describe("Their vector is of another text, or has a signature by now."),
    failed: whole.describe("They changed meanwhile or could not be written; run it again."),
    stopped_by: z.string().exactOptional().describe("What ended it early."),
  }),
]);
type AdoptAnswer = z.infer<typeof adoptAnswerShape>;

/** Signs vectors of earlier releases after a confirmation; with `--dry-run` it only counts them. */
export async function adopt(options: AdoptOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    adoptNow(options, context, service, stop),
  );
}

async function adoptNow(
  { dryRun = false, yes = false, json = false }: AdoptOptions,
  { process }: Context,
  service: Service,
  stop: StopSignals,
): Promise<ExitCode> {
  const { stdout, stderr } = process;
  const [store, signer] = await Promise.all([service.store(), service.signer()]);
  const { fit } = await store.survey(stop.everything);
  const unmapped = fit.filter(({ unsigned }) => unsigned).map(({ index }) => index);
  if (!dryRun && unmapped.length > 0) await store.prepare(unmapped, stop.everything);
  const indices = fit.map(({ index }) => index);
  const { rows } = await store.countStampKeys(indices, stop.everything);
  const plan = planOf(rows);
  const stream = json ? stderr : stdout;
  for (const line of planLines(plan, { key: signer.key, unmapped })) printLine(stream, line);
  if (dryRun || plan.documents === 0) {
    if (json) printJson(stdout, { ...planJson(plan), dry_run: dryRun } satisfies AdoptAnswer);
    return EXIT.ok;
  }
  if (!yes && !(await agrees(process))) {
    const message = "Nothing was written. --yes signs them without asking.";
    if (json) printJson(stdout, errorJson({ kind: "usage", message }));
    printLine(stderr, message);
    return EXIT.usage;
  }
  const { model, dimensions } = await service.inForce();
  const deps = {
    store,
    signer,
    toText: service.toText,
    inForce: { model, dimensions },
    progress: (seen: number) => {
      if (seen % PROGRESS === 0) printLine(stderr, `${seen} of ${plan.documents} seen`);
    },
  };
  const adopted = await adoptStamps(deps, plan.indices, stop);
  const { fault, ...counts } = adopted;
  if (json) {
    const answer = { ...planJson(plan), ...counts, ...stoppedBy(fault) } satisfies AdoptAnswer;
    printJson(stdout, answer);
  } else printLine(stdout, adoptedLine(adopted));
  return adopted.failed > 0 || fault ? EXIT.incomplete : EXIT.ok;
}

/** Documents per progress line; a multiple of the batch. */
const PROGRESS = 10_000;

type Plan = { documents: number; indices: string[]; seconds: number };

function planOf(rows: readonly StampKeys[]): Plan {
  const documents = unsignedIn(rows);
  const indices = rows.filter(({ key }) => key === null).map(({ index }) => index);
  return { documents, indices, seconds: Math.ceil(documents / UPDATES_PER_SECOND) };
}

function planJson({ documents, indices, seconds }: Plan): z.infer<typeof planShape> {
  return { documents, indices, embedding_requests: 0, updates: documents, seconds };
}

function planLines(
  { documents, indices, seconds }: Plan,
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

async function agrees({ stdin, stdout }: NodeJS.Process): Promise<boolean> {
  if (!stdin.isTTY || !stdout.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question("Sign them? [y/N] ")).trim());
  } finally {
    terminal.close();
  }
}

function stoppedBy(fault: Adopted["fault"]) {
  return fault ? { stopped_by: fault.message } : {};
}

function adoptedLine({ seen, signed, left, failed, fault }: Adopted): string {
  const rest = [
    ...(left > 0 ? [`${left} stay as they are`] : []),
    ...(failed > 0 ? [`${failed} could not be written`] : []),
  ];
  const end = fault
    ? ` It ended early: ${fault.message}. Run the same command again to continue.`
    : "";
  return `${signed} of ${count(seen, "vector")} signed${rest.map((one) => `, ${one}`).join("")}.${end}`;
}
