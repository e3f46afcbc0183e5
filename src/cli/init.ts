import { z } from "zod";
import { Fault } from "../domain/faults.ts";
import { unfitIndexShape } from "../domain/survey.ts";
import type { SetupPlan, SetupStep } from "../ports/schema-admin.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { printTable } from "./table.ts";

export type InitOptions = { memory?: boolean; apply?: boolean; dryRun?: boolean; json?: boolean };

const resultShape = z.enum(["done", "proposed", "failed"]);
type Done = { step: SetupStep; result: z.infer<typeof resultShape>; error?: string };

/** What `init --json` prints. */
export const initAnswerShape = z.object({
  steps: z.array(
    z.object({
      description: z.string(),
      result: resultShape.describe("proposed: not done, by --dry-run or for want of --apply."),
      command: z.string().describe("What a person can run instead."),
      error: z.string().exactOptional().describe("Why it failed."),
    }),
  ),
  notes: z.array(z.string()).describe("What is in order already."),
  warnings: z.array(z.string()).describe("What cannot be done, with the consequence."),
  exact_only: z.array(z.string()).describe("Indices without a graph: searched vector by vector."),
  unfit: z.array(unfitIndexShape),
});

/** Creates mappings for existing indices, templates for future ones, this service's topics, and the indices of its memory. */
export async function init(options: InitOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, { needsEmbedder: false, answerOnStdout: true });
  const { signal } = new AbortController();
  const memory = options.memory === true || command.config.memory.isWanted;
  const setup = await command.service.setup({ memory });
  const plan = await setup.plan(signal);
  const streams = await (await command.service.streams())?.setup.plan(signal);
  const done: Done[] = [];
  for (const step of [...plan.steps, ...(streams?.steps ?? [])]) {
    if (options.dryRun || (step.needsConsent && !options.apply)) {
      done.push({ step, result: "proposed" });
      continue;
    }
    try {
      await step.apply(signal);
      done.push({ step, result: "done" });
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === "outage") throw error;
      done.push({ step, result: "failed", error: error.message });
    }
  }
  const { stdout } = context.process;
  const all = {
    ...plan,
    notes: [...plan.notes, ...(streams?.notes ?? [])],
    warnings: [...plan.warnings, ...(streams?.warnings ?? [])],
  };
  if (options.json) printJson(stdout, answerOf(all, done));
  else printPlan(stdout, all, done);
  return done.some(({ result }) => result === "failed") ? EXIT.incomplete : EXIT.ok;
}

function answerOf(plan: SetupPlan, done: Done[]): z.infer<typeof initAnswerShape> {
  return {
    steps: done.map(({ step, result, error }) => ({
      description: step.description,
      result,
      command: step.preview,
      ...(error === undefined ? {} : { error }),
    })),
    notes: plan.notes,
    warnings: plan.warnings,
    exact_only: plan.exactOnly,
    unfit: plan.unfit,
  };
}

const SIGN = { done: "✓", proposed: "·", failed: "✗" };

function printPlan(stream: NodeJS.WritableStream, plan: SetupPlan, done: Done[]) {
  for (const note of plan.notes) printLine(stream, `✓ ${note}`);
  for (const warning of plan.warnings) printLine(stream, `! ${warning}`);
  for (const { step, result, error } of done) {
    const suffix = {
      done: "",
      proposed: step.needsConsent ? " (--apply does it)" : " (dry run)",
      failed: ` failed: ${error}`,
    };
    printLine(stream, `${SIGN[result]} ${step.description}${suffix[result]}`);
    if (result !== "done") printLine(stream, `    ${step.preview}`);
  }
  if (plan.exactOnly.length > 0) {
    const names = plan.exactOnly.join(", ");
    printLine(
      stream,
      `! Searched only exactly, because index.knn was not set when they were created: ${names}`,
    );
  }
  if (plan.unfit.length > 0) {
    printLine(stream, "");
    printTable(
      stream,
      [{ head: "unfit index" }, { head: "reason" }, { head: "to fix it" }],
      plan.unfit.map(({ index, reason, fix = "" }) => [index, reason, fix]),
    );
  }
}
