import { watchSignals } from "../app/shutdown.ts";
import { gapsLine } from "../domain/partial.ts";
import { count } from "../telemetry/phrases.ts";
import {
  changeQuarantined,
  countChangeable,
  type Changed,
  type QuarantineAction,
} from "../pipeline/quarantine/change-quarantined.ts";
import { listQuarantined, type QuarantineList } from "../pipeline/quarantine/list-quarantined.ts";
import { changedJson, countedJson, listJson } from "../pipeline/quarantine/quarantine-json.ts";
import type { Quarantined, QuarantineFilter, Unread } from "../pipeline/quarantine/quarantined.ts";
import { quoted, whyInShort } from "../pipeline/quarantine/quotation.ts";
import { openCommand, type Context } from "./context.ts";
import { EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
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
  const { total, groups, byError, newest, unread } = list;
  const { stdout } = context.process;
  if (json) {
    printJson(stdout, listJson(list));
  } else {
    printEntries(stdout, newest, service.clock.now());
    printGroups(
      stdout,
      groups.filter(({ why }) => why === "loop"),
    );
    printKinds(stdout, byError);
    printLine(stdout, `${count(total, "record")} in quarantine.`);
    const looping = groups.filter(({ why }) => why === "loop");
    const alone = total - looping.reduce((sum, { records }) => sum + records, 0);
    if (alone > newest.length) {
      printLine(stdout, `The newest ${newest.length} are shown (--limit).`);
    }
    for (const { index, records, error } of groups.filter(({ why }) => why === "empty")) {
      const are = records === 1 ? "is" : "are";
      printLine(
        stdout,
        `${count(records, "record")} of ${index} ${are} marked as without a text (${error}).`,
      );
    }
    printUnread(stdout, unread);
  }
  return isWhole(unread) ? EXIT.ok : EXIT.incomplete;
}

/** One row per index for records with a common reason. */
function printGroups(stream: NodeJS.WritableStream, groups: QuarantineList["groups"]): void {
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

function printKinds(stream: NodeJS.WritableStream, kinds: QuarantineList["byError"]): void {
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

function printEntries(
  stream: NodeJS.WritableStream,
  entries: readonly Quarantined[],
  now: number,
): void {
  if (entries.length === 0) return;
  const rows = entries.map((entry) => {
    const { timestamp = "", index, id, attempts, nextTry, keptIn } = entry;
    return [
      timestamp,
      index,
      id,
      String(attempts),
      nextTry === undefined ? "never" : Date.parse(nextTry) <= now ? "now" : nextTry,
      keptIn,
      whyInShort(entry),
    ];
  });
  printTable(stream, COLUMNS, rows);
  printLine(stream, "");
}

/** Retries records, or drops them for good; with `--dry-run` it only counts them. */
export async function quarantineChange(
  action: QuarantineAction,
  { dryRun, json, ...filter }: QuarantineOptions & { dryRun?: boolean },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, NEEDS);
  const { service } = command;
  const { events } = service;
  using stop = watchSignals(context.process, (signal) => events.stopping({ signal }));
  const deps = {
    store: await service.store(),
    localQuarantine: await service.localQuarantine(),
    events,
  };
  const { stdout } = context.process;
  if (dryRun) {
    const { matched, unread } = await countChangeable(deps, { filter, action }, stop.everything);
    const wouldBe = `${count(matched, "record")} would be ${DONE[action]}.`;
    if (json) printJson(stdout, countedJson({ matched, unread }));
    else printLine(stdout, wouldBe);
    if (!json) printUnread(stdout, unread);
    return isWhole(unread) ? EXIT.ok : EXIT.incomplete;
  }
  const changed = await changeQuarantined(deps, { filter, action }, stop);
  if (json) printJson(stdout, changedJson(changed));
  else printChanged(stdout, action, changed);
  const { matched, changed: done, unread, fault } = changed;
  return matched === done && isWhole(unread) && !fault ? EXIT.ok : EXIT.incomplete;
}

const DONE = { retry: "tried again", drop: "given up for good" } as const;

function printChanged(
  stream: NodeJS.WritableStream,
  action: QuarantineAction,
  { matched, changed, conflicted, missing, failed, problems, unread, fault }: Changed,
): void {
  const will = action === "retry" ? "will be tried again" : "are given up for good";
  const rest = [
    [conflicted, "changed in the meantime"],
    [missing, "gone in the meantime"],
    [failed, "not changed"],
  ] as const;
  const parts = rest.flatMap(([number, what]) => (number > 0 ? [`, ${number} ${what}`] : []));
  printLine(stream, `${changed} of ${count(matched, "record")} ${will}${parts.join("")}.`);
  for (const { index, id, reason } of problems) printLine(stream, `${index}/${id}: ${reason}`);
  const unnamed = matched - changed - problems.length;
  if (unnamed > 0) printLine(stream, `… and ${unnamed} more.`);
  printUnread(stream, unread);
  if (fault) {
    printLine(stream, `It ended early: ${fault.message}${fault.hint ? `. ${fault.hint}` : ""}`);
  }
}

function isWhole({ indices, gaps }: Unread): boolean {
  return indices.length === 0 && gaps.length === 0;
}

function printUnread(stream: NodeJS.WritableStream, { indices, gaps }: Unread): void {
  for (const { index, fault } of indices) {
    printLine(stream, `${index} could not be searched: ${fault.message}`);
  }
  const unseen = gapsLine(gaps);
  if (unseen !== undefined)
    printLine(stream, `There may be more, because the answer is incomplete: ${unseen}.`);
}
