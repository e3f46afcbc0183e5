import type { GroupAnswer, PlacesAnswer, WhereAnswer } from "../analysis/group-answers.ts";
import { placesUnknown } from "../analysis/where-seen.ts";
import { percent, printLine } from "./print.ts";
import { cut, minute, oneLine, type Terminal } from "./print-rows.ts";
import { printTable } from "./table.ts";

/** Hosts and versions of an error, now against usually. */
export function printWhere(stream: Terminal, { where }: Pick<GroupAnswer, "where">): void {
  if (!where) return;
  const { from, to, usual_count: usual, hosts, versions } = where;
  const before = usual > 0 ? "" : ", in which it was not seen";
  printLine(stream, "");
  printLine(
    stream,
    `now: ${minute(from)} to ${minute(to)} UTC; usually: the 30 days before${before}`,
  );
  for (const [kind, places] of [["host", hosts] as const, ["version", versions] as const]) {
    const unknown = placesUnknown(kind, places);
    if (unknown === undefined) printPlaces(stream, kind, places, where);
    else printLine(stream, unknown);
  }
}

function printPlaces(
  stream: Terminal,
  kind: string,
  { names, others, unnamed }: PlacesAnswer,
  { count, usual_count: usual }: WhereAnswer,
): void {
  const shareOf = (part: number, whole: number) => (whole === 0 ? "" : percent(part / whole));
  const rest = [
    { name: "(others)", ...others },
    { name: `(no ${kind} named)`, ...unnamed },
  ].filter((one) => one.count + one.usual_count > 0);
  printTable(
    stream,
    [
      { head: kind },
      { head: "now", align: "right" },
      { head: "share", align: "right" },
      { head: "usually", align: "right" },
      { head: "share", align: "right" },
      { head: "" },
    ],
    [
      ...names.map((one) => [
        cut(oneLine(one.name), 60),
        String(one.count),
        shareOf(one.count, count),
        one.usual_count === null ? "?" : String(one.usual_count),
        one.usual_count === null ? "?" : shareOf(one.usual_count, usual),
        one.new ? "new" : "",
      ]),
      ...rest.map((one) => [
        one.name,
        String(one.count),
        shareOf(one.count, count),
        String(one.usual_count),
        shareOf(one.usual_count, usual),
        "",
      ]),
    ],
  );
}
