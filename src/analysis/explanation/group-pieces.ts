import { count as counted } from "../../domain/count.ts";
import type { ExplainVerdict } from "../../domain/explanation/claim.ts";
import { markOf } from "../../domain/memory/note.ts";
import type { GroupAnswer } from "../group-answers.ts";
import { fact, note, type Piece } from "./evidence.ts";

const MAX_ALIKE = 3;
const MAX_NOTES = 4;
const MAX_CARRIED = 3;
const MAX_PAST = 3;

/** What its episodes and notes, and those of errors like it, allow to say. */
export function verdictOf({ episodes, notes, carried, alike }: GroupAnswer): ExplainVerdict {
  const isNoted = notes?.some((one) => markOf(one) === null) ?? false;
  const hasPast = episodes.length > 1 || episodes.some((one) => one.began_before);
  if (isNoted || hasPast) return "known";
  const isLike =
    (carried?.some(({ mark }) => mark === null) ?? false) ||
    (alike?.some(({ surely }) => surely) ?? false);
  return isLike ? "like" : "unknown";
}

/** What is known of a group as pieces of evidence. `now`: ms since the epoch. */
export function piecesOf(answer: GroupAnswer, now: number): Piece[] {
  const { group, alike, episodes } = answer;
  const [current, ...earlier] = episodes;
  return [
    ...notesOf(answer),
    howOften(answer, now),
    ...(current ? [episodeFact(current, "this episode of the error", false)] : []),
    ...earlier
      .slice(0, MAX_PAST)
      .map((one) => episodeFact(one, "an earlier episode of this error", true)),
    ...(current?.rose ?? []).map((rise) =>
      fact(
        `what rose with it, in ${rise.service ?? "no service"}`,
        `${rise.template}\n${counted(rise.during, "record")} from 10 minutes before the episode began to 10 minutes after, ${rise.before} in the 20 minutes before; lift ${round(rise.lift)}.`,
        { group: rise.group, weight: 75 },
      ),
    ),
    ...(alike ?? []).slice(0, MAX_ALIKE).map((one): Piece => {
      const sure = one.surely ? "an error like this one" : "an error that is perhaps like this one";
      const text = [
        one.template,
        `In ${one.service ?? "no service"}; ${percent(one.cosine)} alike by meaning; state: ${one.state}.`,
      ].join("\n");
      return fact(sure, text, { group: one.group, past: true, weight: 45 });
    }),
    ...whereFacts(answer),
    ...stateFact(answer, group),
  ];
}

/** Of people: about it, and about errors like it; none that somebody called wrong or outdated. */
export function notesOf({ notes, carried }: Pick<GroupAnswer, "notes" | "carried">): Piece[] {
  const valid = (notes ?? []).filter((one) => markOf(one) === null).slice(0, MAX_NOTES);
  const others = (carried ?? []).filter(({ mark }) => mark === null).slice(0, MAX_CARRIED);
  return [
    ...valid.map((one) =>
      note(one, { title: `note about this error by ${one.author}`, weight: 95 }),
    ),
    ...others.map((one) =>
      note(one, {
        title: `note about an error like this one (${one.alike_group}), ${percent(one.cosine)} alike, by ${one.author}`,
        weight: 85,
        differs: one.differs,
      }),
    ),
  ];
}

function howOften(answer: GroupAnswer, now: number): Piece {
  const { count, hours, days, first_seen: first, last_seen: last, group } = answer;
  const today = new Date(now).toISOString().slice(0, 10);
  const before = days.filter(({ day }) => day !== today).map((one) => one.count);
  const day = hours.reduce((sum, one) => sum + one, 0);
  const usual =
    before.length === 0
      ? "On no earlier day it had any."
      : `On ${counted(before.length, "earlier day")} it had some, at most ${Math.max(...before)} and at least ${Math.min(...before)} a day.`;
  const text = [
    `${counted(count, "record")} in all; ${day} in the last 24 hours, ${hours.at(-1) ?? 0} in the current hour.`,
    `First seen ${first ?? "at an unknown time"}, last seen ${last ?? "at an unknown time"}.`,
    usual,
  ].join(" ");
  return fact("how often, and since when", text, { group, weight: 90 });
}

function episodeFact(
  { from, to, count, ended, began_before: isCut, group }: GroupAnswer["episodes"][number],
  title: string,
  past: boolean,
): Piece {
  const end = ended ? `ended ${to}` : `last seen ${to}, not ended`;
  const cut = isCut ? " It began before that." : "";
  return fact(title, `From ${from}; ${end}; ${counted(count, "record")}.${cut}`, {
    group,
    past,
    at: from,
    weight: past ? 65 : 80,
  });
}

/** The title of the only fact that names hosts. */
export const HOSTS = "hosts, now against usually";

/** Hosts and versions now against usually, of those kinds that its records name. */
function whereFacts({ where, group }: GroupAnswer): Piece[] {
  if (!where) return [];
  const kinds = [
    [HOSTS, where.hosts] as const,
    ["versions, now against usually", where.versions] as const,
  ];
  return kinds.flatMap(([title, { names }]) => {
    if (names.length === 0) return [];
    const lines = names.map((one) => {
      const usual = one.usual_count === null ? "unknown how many" : String(one.usual_count);
      const isNew = one.new ? "; not usual: it is new there" : "";
      return `${one.name}: ${counted(one.count, "record")} now, ${usual} usually${isNew}`;
    });
    const span = `Now is from ${where.from} to ${where.to}; usually is the 30 days before.`;
    return [fact(title, [span, ...lines].join("\n"), { group, weight: 68 })];
  });
}

function stateFact({ state }: GroupAnswer, group: string): Piece[] {
  const said: Partial<Record<GroupAnswer["state"], string>> = {
    known: "A person said that this error is known.",
    muted: "A person muted this error.",
    resolved: "A person said that this error is resolved, and it was not seen since.",
    back: "A person said that this error was resolved, and it was seen again since.",
    new: "This error was first seen less than a day ago.",
  };
  const text = said[state];
  return text === undefined ? [] : [fact("its state", text, { group, weight: 70 })];
}

function percent(ratio: number): string {
  return `${Math.round(ratio * 100)} %`;
}

function round(number: number): number {
  return Math.round(number * 10) / 10;
}
