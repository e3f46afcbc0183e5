import type { Service } from "../app/service.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { count } from "../telemetry/phrases.ts";
import {
  changeAnswer,
  changeQuarantined,
  countChangeable,
  type Changed,
  type QuarantineAction,
} from "../pipeline/quarantine/change-quarantined.ts";
import { listQuarantined } from "../pipeline/quarantine/list-quarantined.ts";
import {
  quoted,
  shortQuarantineReason,
  type QuarantineEntry,
  type QuarantineList,
  type Unread,
} from "../pipeline/quarantine/quarantine-answer.ts";
import type { QuarantineFilter } from "../pipeline/quarantine/quarantined.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printEnding, printGaps, printJson, printLine, type Writable } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

export type QuarantineOptions = QuarantineFilter & { json?: boolean };

const NEEDS = { needsEmbedder: false, answerOnStdout: true } as const;

/** Prints the newest records in the quarantine and counts them by error. */
export async function quarantineList(
  { limit, json, ...filter }: QuarantineOptions & { limit: number },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, NEEDS);
  const { service } = command;
  const deps = { store: await service.store(), localQuarantine: await service.localQuarantine() };
  const { signal } = new AbortController();
  const list = await listQuarantined(deps, { filter, limit }, signal);
  const { stdout } = context.process;
  if (json) printJson(stdout, list);
  else printList(stdout, list, service.clock.now());
  return isWhole(list) ? EXIT.ok : EXIT.incomplete;
}

export function printList(stream: Writable, list: QuarantineList, now: number): void {
  const { total, groups, by_error: byError, quarantined } = list;
  const looping = groups.filter(({ why }) => why === "loop");
  printEntries(stream, quarantined, now);
  printGroups(stream, looping);
  printKinds(stream, byError);
  printLine(stream, `${count(total, "record")} in quarantine.`);
  const alone = total - looping.reduce((sum, { records }) => sum + records, 0);
  if (alone > quarantined.length) {
    printLine(stream, `The newest ${quarantined.length} are shown (--limit).`);
  }
  for (const { index, records, error } of groups.filter(({ why }) => why === "empty")) {
    const are = records === 1 ? "is" : "are";
    printLine(
      stream,
      `${count(records, "record")} of ${index} ${are} marked as without a text (${error}).`,
    );
  }
  printUnread(stream, list);
}

/** One row per index for records with a common reason. */
function printGroups(stream: Writable, groups: QuarantineList["groups"]): void {
  if (groups.length === 0) return;
  const rows = groups.map(({ index, records, error, ids }) => {
    const [first = ""] = ids;
    const named = records === 1 ? first : `${first} and ${records - 1} more`;
    return [index, String(records), named, error];
  });
  const heads = [{ head: "index" }, { head: "records", align: "right" as const }];
  printTable(stream, [...heads, { head: "id" }, { head: "why" }], rows);
  printLine(stream, "");
}

function printKinds(stream: Writable, kinds: QuarantineList["by_error"]): void {
  if (kinds.length === 0) return;
  const rows = kinds.slice(0, KINDS_SHOWN).map(({ error, records }) => {
    return [String(records), quoted(error)];
  });
  printTable(stream, [{ head: "records", align: "right" }, { head: "error" }], rows);
  const more = kinds.length - KINDS_SHOWN;
  printLine(stream, more > 0 ? `… and ${count(more, "kind")} of errors more.\n` : "");
}

const KINDS_SHOWN = 20;

const COLUMNS = [
  { head: "time" },
  { head: "index" },
  { head: "id" },
  { head: "tries", align: "right" as const },
  { head: "next try" },
  { head: "kept in" },
  { head: "error" },
];

function printEntries(stream: Writable, entries: readonly QuarantineEntry[], now: number): void {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => {
    const { timestamp, index, id, attempts, next_try: nextTry, kept_in: keptIn } = entry;
    return [
      timestamp ?? "",
      index,
      id,
      String(attempts),
      nextTry === null ? "never" : Date.parse(nextTry) <= now ? "now" : nextTry,
      keptIn,
      shortQuarantineReason(entry),
    ];
  });
  printTable(stream, COLUMNS, rows);
  printLine(stream, "");
}

type ChangeOptions = QuarantineOptions & { dryRun?: boolean };

/** Retries records, or drops them for good; with `--dry-run` it only counts them. */
export async function quarantineChange(
  action: QuarantineAction,
  options: ChangeOptions,
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, NEEDS);
  const { service } = command;
  return await runToEnd(context, service.events, (stop) =>
    changeNow(action, options, { service, stdout: context.process.stdout }, stop),
  );
}

async function changeNow(
  action: QuarantineAction,
  { dryRun, json, ...filter }: ChangeOptions,
  { service, stdout }: { service: Service; stdout: Writable },
  stop: StopSignals,
): Promise<ExitCode> {
  const deps = {
    store: await service.store(),
    localQuarantine: await service.localQuarantine(),
    events: service.events,
  };
  if (dryRun) {
    const counted = await countChangeable(deps, { filter, action }, stop.everything);
    if (json) printJson(stdout, { ...counted, dry_run: true });
    else {
      printLine(stdout, `${count(counted.matched, "record")} would be ${DONE[action]}.`);
      printUnread(stdout, counted);
    }
    return isWhole(counted) ? EXIT.ok : EXIT.incomplete;
  }
  const result = await changeQuarantined(deps, { filter, action }, stop);
  if (json) printJson(stdout, changeAnswer(result));
  else printChanged(stdout, action, result);
  const { matched, changed, fault } = result;
  return matched === changed && isWhole(result) && !fault ? EXIT.ok : EXIT.incomplete;
}

const DONE = { retry: "tried again", drop: "dropped for good" } as const;

export function printChanged(stream: Writable, action: QuarantineAction, result: Changed): void {
  const { matched, changed, conflicted, missing, failed, problems, fault } = result;
  const will = action === "retry" ? "will be tried again" : "are dropped for good";
  const rest = [
    [conflicted, "changed in the meantime"],
    [missing, "deleted in the meantime"],
    [failed, "not changed"],
  ] as const;
  const parts = rest.flatMap(([number, what]) => (number > 0 ? [`, ${number} ${what}`] : []));
  printLine(stream, `${changed} of ${count(matched, "record")} ${will}${parts.join("")}.`);
  for (const { index, id, reason } of problems) printLine(stream, `${index}/${id}: ${reason}`);
  const unnamed = matched - changed - problems.length;
  if (unnamed > 0) printLine(stream, `… and ${unnamed} more.`);
  printUnread(stream, result);
  printEnding(stream, fault);
}

function isWhole({ unread, gaps }: Unread): boolean {
  return unread.length + gaps.length === 0;
}

function printUnread(stream: Writable, { unread, gaps }: Unread): void {
  for (const { index, reason } of unread) {
    printLine(stream, `${index} could not be searched: ${reason}`);
  }
  printGaps(stream, gaps);
}
