import { openAlertRoutes } from "../app/parts/alert-routes.ts";
import type { Service } from "../app/service.ts";
import type { Config } from "../config/config.ts";
import { Fault, orFault } from "../domain/faults.ts";
import { reportWithoutModel, runChecks } from "../status/check.ts";
import { checkAnswer, type Check, type CheckReport } from "../status/check-report.ts";
import { count } from "../domain/count.ts";
import type { FitIndex } from "../domain/survey.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine, type Writable } from "./print.ts";
import { printTable } from "./table.ts";

/** Tests everything that a cycle needs; writes nothing. */
export async function check(options: { json?: boolean }, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: true,
    asksModel: true,
    answerOnStdout: true,
    serves: true,
  });
  const { config } = command;
  // Throws a ConfigError: run would not start.
  await openAlertRoutes(config);
  const report = await reportOf(command);
  const settings: Check = {
    name: "settings",
    result: "ok",
    detail: `indices ${config.logs.indexPattern}, levels ${config.logs.levels.join(", ")}`,
  };
  report.checks.unshift(settings);
  const { stdout } = context.process;
  const answer = checkAnswer(report);
  if (options.json) printJson(stdout, answer);
  else printReport(stdout, answer);
  if (answer.error) return EXIT.unavailable;
  return answer.ok ? EXIT.ok : EXIT.incomplete;
}

async function reportOf({
  service,
  config,
}: Awaited<ReturnType<typeof openCommand>>): Promise<CheckReport> {
  const inForce = await service.inForce().catch((error: unknown) => {
    if (error instanceof Fault) return error;
    throw error;
  });
  if (inForce instanceof Fault) return reportWithoutModel(inForce);
  const streams = await service.streams();
  return runChecks(
    {
      ...(streams && { streams: { ...streams, groups: service.groups() } }),
      store: await service.store(),
      ...(await memoryOf(service, config)),
      embedder: await service.embedder(),
      inForce,
      tokens: service.tokens,
      toText: service.toText,
      levels: config.logs.levels,
      clock: service.clock,
      otherModels: await service.otherModels(),
      stampKey: await service.stampKey(),
    },
    new AbortController().signal,
  );
}

/** None where the records are kept elsewhere. */
async function memoryOf(
  { errorMemory }: Pick<Service, "errorMemory">,
  { memory: { isWanted } }: Pick<Config, "memory">,
) {
  const memory = await orFault(errorMemory());
  return memory instanceof Fault ? {} : { memory: { memory, isWanted } };
}

const SIGN = { ok: "✓", warning: "!", failed: "✗" };

export function printReport(stream: Writable, report: Omit<CheckReport, "fault">): void {
  const rows = report.checks.map(({ name, result, detail }) => [SIGN[result], name, detail]);
  printTable(stream, [{ head: "" }, { head: "check" }, { head: "result" }], rows);
  if (report.fit.length + report.unfit.length > 0) {
    const allowed = new Map(report.updates.map((probe) => [probe.index, probe]));
    const unseen = new Map(report.gaps.map(({ index, reason }) => [index, reason]));
    printLine(stream, "");
    printTable(
      stream,
      [
        { head: "" },
        { head: "index" },
        { head: "verdict" },
        { head: "text, level, time" },
        { head: "to fix it" },
      ],
      [
        ...report.fit.map((fit) => {
          const { index } = fit;
          const probe = allowed.get(index);
          const gap = unseen.get(index);
          if (gap !== undefined) {
            return [SIGN.failed, index, `cannot be seen in whole: ${gap}`, fieldsOf(fit), ""];
          }
          return probe && !probe.allowed
            ? [SIGN.failed, index, `updates refused: ${probe.reason ?? ""}`, fieldsOf(fit), ""]
            : [SIGN.ok, index, verdictOf(fit), fieldsOf(fit), ""];
        }),
        ...report.unfit.map(({ index, reason, fix = "" }) => [SIGN.failed, index, reason, "", fix]),
      ],
    );
  }
  const hints = report.checks.flatMap(({ hint }) => hint ?? []);
  for (const hint of hints) printLine(stream, `\nHint: ${hint}`);
}

function verdictOf({ mapped, search, max_hits: maxHits, unsearchable }: FitIndex): string {
  const how = search === "graph" ? "k-NN by graph" : "exact search only";
  return [
    "fit",
    mapped ? "mapped" : "mapping comes with the first write",
    unsearchable === undefined ? how : `cannot be searched (${unsearchable})`,
    ...(maxHits === undefined ? [] : [`${count(maxHits, "record")} at once (max_result_window)`]),
  ].join(", ");
}

/** Later fields count where earlier ones are blank in a record. */
function fieldsOf({ fields }: FitIndex): string {
  if (!fields) return "";
  const { message, level, time = "no time" } = fields;
  return [message.join(" or "), level.join(" or "), time].join(", ");
}
