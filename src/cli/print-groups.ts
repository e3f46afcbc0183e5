import { alikeReason } from "../analysis/alike-groups.ts";
import type { GroupAnswer, GroupRow, GroupsAnswer } from "../analysis/group-answers.ts";
import type { GroupsQuery } from "../analysis/list-groups.ts";
import { count } from "../domain/count.ts";
import { gapsLine } from "../domain/partial.ts";
import { notSearched } from "../search/search-remarks.ts";
import { carriedText, noteText } from "./note.ts";
import { printLine } from "./print.ts";
import {
  cut,
  filterWords,
  minute,
  oneLine,
  printMessages,
  shortTime,
  type Terminal,
} from "./print-rows.ts";
import { printWhere } from "./print-where.ts";

export function printGroups(stream: Terminal, answer: GroupsAnswer, query: GroupsQuery): void {
  const { groups, total, records, ungrouped } = answer;
  const among = `${count(records, "record")}${filterWords(query)}`;
  const shown = groups.length < total ? `, of which ${groups.length} are shown (--limit)` : "";
  const wanted = query.state === undefined ? "" : ` in state ${query.state}`;
  printLine(stream, `${count(total, "error")}${wanted} in ${among}${shown}.`);
  if (groups.length > 0) {
    printRows(stream, groups);
    printLine(stream, "");
  }
  if (ungrouped === null) {
    printLine(stream, "How many records have no group yet could not be seen.");
  } else if (ungrouped > 0) {
    const they = ungrouped === 1 ? "names" : "name";
    printLine(
      stream,
      `${count(ungrouped, "record")} with a vector ${they} no group yet and ${ungrouped === 1 ? "is" : "are"} not counted: log-vectorizer groups assign`,
    );
  }
  for (const line of notSearched(answer)) printLine(stream, line);
  printUnseen(stream, answer);
  printProblems(stream, answer);
  const [first] = groups;
  if (first) printLine(stream, `More about the first: log-vectorizer groups show ${first.group}`);
}

export function printGroup(stream: Terminal, answer: GroupAnswer): void {
  const { group, merged, state, service, exception, template, example, count: records } = answer;
  const { first_seen: first, last_seen: last, hours, days, index, id } = answer;
  const facts: [string, string | null][] = [
    ["group", group],
    ["merged", merged.length === 0 ? null : `with ${merged.join(", ")}`],
    ["state", state],
    ["service", service],
    ["exception", exception],
    ["records", String(records)],
    ["first seen", first === null ? null : `${shortTime(first)} UTC`],
    ["last seen", last === null ? null : `${shortTime(last)} UTC`],
    ["last 24 h", `${sparkline(hours)} (${hours.reduce((sum, one) => sum + one, 0)})`],
    ["template", template],
    ["example", `${index}/${id}`],
  ];
  for (const [name, value] of facts) {
    if (value !== null) printLine(stream, `${name.padEnd(11)} ${oneLine(value)}`);
  }
  printLine(stream, "");
  for (const line of example.split("\n")) printLine(stream, `  ${oneLine(line)}`);
  printLine(stream, "");
  for (const { day, count: ofDay } of days.slice(-MAX_DAYS)) {
    printLine(stream, `${day}  ${String(ofDay).padStart(8)}`);
  }
  if (days.length > MAX_DAYS) {
    printLine(stream, `${count(days.length - MAX_DAYS, "earlier day")} not shown (--json)`);
  }
  printRuns(stream, answer);
  printWhere(stream, answer);
  printUnseen(stream, answer);
  printAlike(stream, answer);
  printSaid(stream, answer);
}

/** Groups that may be the same error. */
function printAlike(stream: Terminal, { alike }: GroupAnswer): void {
  if (!alike || alike.length === 0) return;
  printLine(stream, "");
  printMessages(
    stream,
    [
      { head: "alike group" },
      { head: "state" },
      { head: "cosine", align: "right" },
      { head: "notes", align: "right" },
      { head: "service" },
      { head: "exception" },
      { head: "why" },
      { head: "template" },
    ],
    alike.map((row) => [
      row.group,
      row.state,
      row.cosine.toFixed(2),
      row.notes === null ? "?" : String(row.notes.length),
      cut(oneLine(row.service ?? ""), 24),
      cut(oneLine(row.exception ?? ""), 40),
      cut(oneLine(alikeReason(row)), 80),
      oneLine(row.template),
    ]),
  );
}

const MAX_RUNS = 5;

/** When it ran last. */
function printRuns(stream: Terminal, { group, episodes }: GroupAnswer): void {
  if (episodes.length === 0) return;
  printLine(stream, "");
  for (const { from, to, count: records, ended } of episodes.slice(0, MAX_RUNS)) {
    const when = `${minute(from)} to ${minute(to)} UTC`;
    printLine(stream, `episode ${when}, ${count(records, "record")}, ${ended ? "ended" : "open"}`);
  }
  if (episodes.length > MAX_RUNS) {
    printLine(stream, `Earlier ones, and what rose with it: log-vectorizer episodes ${group}`);
  }
}

const MAX_DAYS = 14;

/** What people wrote of it. */
function printSaid(stream: Terminal, answer: GroupAnswer): void {
  const { group, notes, carried, more_notes: hasMore, memory } = answer;
  if (notes && notes.length > 0) {
    printLine(stream, "");
    for (const note of notes) printLine(stream, noteText(note));
  }
  for (const note of carried ?? []) printLine(stream, `\n${carriedText(note)}`);
  if (hasMore) printLine(stream, `There are older notes: log-vectorizer note list ${group}`);
  printProblems(stream, answer);
  if (!memory.kept) {
    printLine(
      stream,
      "Notes, states and merges of errors are not kept here: log-vectorizer init --memory makes their indices.",
    );
  }
}

/** What of the memory of errors could not be read. */
export function printProblems(stream: Terminal, { memory }: Pick<GroupsAnswer, "memory">): void {
  for (const { message, hint } of memory.problems) {
    const todo = hint === null ? "" : ` ${hint}`;
    printLine(
      stream,
      `States, merges, notes or alike errors may be missing here: ${message}.${todo}`,
    );
  }
}

function printUnseen(stream: Terminal, { gaps }: Pick<GroupsAnswer, "gaps">): void {
  const line = gapsLine(gaps);
  if (line !== undefined)
    printLine(stream, `Counts are too low, for not all could be seen: ${line}`);
}

function printRows(stream: Terminal, groups: readonly GroupRow[]): void {
  printMessages(
    stream,
    [
      { head: "group" },
      { head: "state" },
      { head: "last seen (UTC)" },
      { head: "first seen" },
      { head: "count", align: "right" },
      { head: "last 24 h" },
      { head: "service" },
      { head: "template" },
    ],
    groups.map((row) => [
      row.merged.length === 0 ? row.group : `${row.group} +${row.merged.length}`,
      row.state,
      shortTime(row.last_seen),
      shortTime(row.first_seen),
      String(row.count),
      sparkline(row.hours),
      cut(oneLine(row.service ?? ""), 24),
      oneLine(row.template),
    ]),
  );
}

const BARS = "▁▂▃▄▅▆▇█";

/** A character an hour, the highest for the most; a dot where there is none. */
function sparkline(hours: readonly number[]): string {
  const most = Math.max(...hours);
  return hours
    .map((one) => (one === 0 ? "·" : (BARS[Math.ceil((one / most) * BARS.length) - 1] ?? "▁")))
    .join("");
}
