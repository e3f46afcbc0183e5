import { text as readAll } from "node:stream/consumers";
import { explainReport } from "../analysis/explanation/report.ts";
import type { Subject } from "../analysis/explanation/gather-evidence.ts";
import { VERSION } from "../app/version.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson } from "./print.ts";
import { printClaim, printEvidence, printRest } from "./print-explain.ts";
import { runToEnd } from "./run-to-end.ts";

export type ExplainOptions = { json?: boolean; format: "text" | "report" };

/** Says what is known of an error, and with a language model why it may have happened. `-` as the text: standard input. */
export async function explainError(
  asked: Subject,
  { json = false, format }: ExplainOptions,
  context: Context,
): Promise<ExitCode> {
  const { stdin, stdout } = context.process;
  const subject = "text" in asked && asked.text === "-" ? { text: await readAll(stdin) } : asked;
  await using command = await openCommand(context, {
    needsEmbedder: false,
    asksModel: true,
    answerOnStdout: true,
  });
  const { service } = command;
  return await runToEnd(context, service.events, async (stop) => {
    const explain = await service.explain();
    const streamed = !json && format === "text";
    const progress = streamed
      ? {
          evidence: printEvidence.bind(undefined, stdout),
          claim: printClaim.bind(undefined, stdout),
        }
      : {};
    const answer = await explain(subject, stop.requested, progress);
    if (json) printJson(stdout, answer);
    else if (format === "report") stdout.write(explainReport(answer, { version: VERSION }));
    else printRest(stdout, answer);
    const { gaps, memory, problem } = answer;
    const isWhole = gaps.length + memory.problems.length === 0 && problem === null;
    return isWhole ? EXIT.ok : EXIT.incomplete;
  });
}
