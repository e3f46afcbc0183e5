import { createInterface } from "node:readline/promises";
import { z } from "zod";
import type { Rewritten } from "../pipeline/rewrite-scanned.ts";
import { errorJson, EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";

export type RewriteOptions = { dryRun?: boolean; yes?: boolean; json?: boolean };

/** A lower estimate of documents that OpenSearch reads and updates per second. */
const UPDATES_PER_SECOND = 200;

/** Documents per progress line; a multiple of every page. */
const PROGRESS = 10_000;

const whole = z.int().nonnegative();

/** What is said before documents are rewritten. */
export const rewritePlanShape = z.object({
  documents: whole.describe("That would be rewritten, at most."),
  indices: z.array(z.string()).describe("The indices that hold them."),
  embedding_requests: z.literal(0),
  updates: whole.describe("Updates of documents, at most."),
  seconds: whole.describe("Estimate of the time that it takes."),
});
export type RewritePlan = z.infer<typeof rewritePlanShape>;

/** What every rewriting command says of its end. */
export const rewrittenShape = z.object({
  seen: whole.describe("Documents that had their turn."),
  left: whole.describe("They stay as they are."),
  failed: whole.describe("They changed meanwhile or could not be written; run it again."),
  stopped_by: z.string().exactOptional().describe("What ended it early."),
});

export function planFor(documents: number, indices: string[]): RewritePlan {
  const seconds = Math.ceil(documents / UPDATES_PER_SECOND);
  return { documents, indices, embedding_requests: 0, updates: documents, seconds };
}

type Rewriting = {
  plan: RewritePlan;
  /** The plan in words. */
  lines: readonly string[];
  question: string;
  /** What is said where nobody agreed. */
  declined: string;
  run(progress: (seen: number) => void): Promise<Rewritten>;
  /** The name of what was written in the answer. */
  written: string;
  /** The beginning of the last line: "2 of 3 vectors signed". */
  lineOf(done: Rewritten): string;
};

/** Says what it takes, asks (unless `yes`), rewrites, and says what became of it; `dryRun`: only the first. */
export async function rewriteAsked(
  { dryRun = false, yes = false, json = false }: RewriteOptions,
  process: NodeJS.Process,
  { plan, lines, question, declined, run, written, lineOf }: Rewriting,
): Promise<ExitCode> {
  const { stdout, stderr } = process;
  for (const line of lines) printLine(json ? stderr : stdout, line);
  if (dryRun || plan.documents === 0) {
    if (json) printJson(stdout, { ...plan, dry_run: dryRun });
    return EXIT.ok;
  }
  if (!yes && !(await agrees(process, question))) {
    if (json) printJson(stdout, errorJson({ kind: "usage", message: declined }));
    printLine(stderr, declined);
    return EXIT.usage;
  }
  const done = await run((seen) => {
    if (seen % PROGRESS === 0) printLine(stderr, `${seen} of ${plan.documents} seen`);
  });
  const { fault, left, failed, seen } = done;
  if (json) {
    const stopped = fault ? { stopped_by: fault.message } : {};
    printJson(stdout, { ...plan, seen, [written]: done.written, left, failed, ...stopped });
  } else printLine(stdout, `${lineOf(done)}${restOf(done)}`);
  return failed > 0 || fault ? EXIT.incomplete : EXIT.ok;
}

async function agrees({ stdin, stdout }: NodeJS.Process, question: string): Promise<boolean> {
  if (!stdin.isTTY || !stdout.isTTY) return false;
  const terminal = createInterface({ input: stdin, output: stdout });
  try {
    return /^y(es)?$/i.test((await terminal.question(`${question} [y/N] `)).trim());
  } finally {
    terminal.close();
  }
}

function restOf({ left, failed, fault }: Rewritten): string {
  const rest = [
    ...(left > 0 ? [`${left} stay as they are`] : []),
    ...(failed > 0 ? [`${failed} could not be written`] : []),
  ];
  const end = fault
    ? ` It ended early: ${fault.message}. Run the same command again to continue.`
    : "";
  return `${rest.map((one) => `, ${one}`).join("")}.${end}`;
}
