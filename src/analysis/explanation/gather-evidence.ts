import { count as counted } from "../../domain/count.ts";
import type { Evidence, ExplainVerdict } from "../../domain/explanation/claim.ts";
import { excerpt } from "../../domain/explanation/excerpt.ts";
import { isGroupId, groupOf } from "../../domain/group.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import { markOf } from "../../domain/memory/note.ts";
import { joinGaps, NO_GAPS, type Gap } from "../../domain/partial.ts";
import type { RecordStore } from "../../ports/record-store.ts";
import { locateRecord, type RecordAddress } from "../../search/locate-record.ts";
import type { SearchAnswer } from "../../search/search-answer.ts";
import { SearchRefused } from "../../search/search-refused.ts";
import type { AlikeDeps } from "../find-alike.ts";
import type { GroupAnswer, MemoryAnswer } from "../group-answers.ts";
import type { GroupsDeps } from "../group-scope.ts";
import type { EpisodesDeps } from "../list-episodes.ts";
import { showGroup } from "../show-group.ts";
import { aroundRecord } from "./around-record.ts";
import { boundEvidence, document, fact, note, type Piece } from "./evidence.ts";

/** What is to be explained: a record, a group, or a text that no index need have. */
export type Subject = { of: RecordAddress } | { group: string } | { text: string };

export type EvidenceDeps = GroupsDeps &
  EpisodesDeps &
  AlikeDeps & {
    store: Pick<RecordStore, "locate" | "findAround">;
    /** The records most like a text, by words and meaning as far as both can be had. */
    find(text: string, signal: AbortSignal): Promise<SearchAnswer>;
  };

export type Gathered = {
  subject: { group: string | null; record: LogRecord | undefined; text: string };
  /** In the order of its references. */
  evidence: Evidence[];
  /** What the evidence allows to say: code derives it, and no model can strengthen it. */
  verdict: ExplainVerdict;
  memory: MemoryAnswer;
  gaps: readonly Gap[];
};

const NO_MEMORY: MemoryAnswer = { kept: false, problems: [] };
const MAX_ALIKE = 3;
const MAX_NOTES = 4;
const MAX_CARRIED = 3;
const MAX_PAST = 3;
const MAX_HITS = 6;
const QUERY_TOKENS = 250;

/**
 * All that is known of an error without any model: documents, computed facts and notes, the most useful of each sort, within the limits of
 * `boundEvidence`. Throws a SearchRefused where there is no such record, and a Fault.
 */
export async function gatherEvidence(
  deps: EvidenceDeps,
  asked: Subject,
  signal: AbortSignal,
): Promise<Gathered> {
  if ("text" in asked) return ofText(deps, asked.text, signal);
  if ("group" in asked) {
    const answer = await showGroup(deps, asked.group, signal);
    const { index, id, shard_key: shardKey } = answer;
    const place = { index, id, ...(shardKey === null ? {} : { shardKey }) };
    const record = await readRecord(deps, place, signal);
    return ofGroup(deps, { answer, record, text: record?.text ?? answer.example }, signal);
  }
  const { record } = await locateRecord(deps, asked.of, signal);
  const answer = await groupIfKnown(deps, groupIn(deps, record), signal);
  return ofGroup(deps, { answer, record, text: record.text }, signal);
}

/** The example of a group may be deleted; what was kept of it is explained then. */
async function readRecord(
  deps: EvidenceDeps,
  place: RecordAddress,
  signal: AbortSignal,
): Promise<LogRecord | undefined> {
  try {
    return (await locateRecord(deps, place, signal)).record;
  } catch (error) {
    if (error instanceof SearchRefused) return undefined;
    throw error;
  }
}

/** As its stamp names it; else as it would. */
function groupIn(
  { show }: Pick<EvidenceDeps, "show">,
  { text, service, exception, stamp }: LogRecord,
): string {
  const stamped = stamp?.["group"];
  return isGroupId(stamped)
    ? stamped
    : groupOf({ text: show.toText(text), service, exception }).group;
}

async function groupIfKnown(
  deps: EvidenceDeps,
  group: string,
  signal: AbortSignal,
): Promise<GroupAnswer | undefined> {
  try {
    return await showGroup(deps, group, signal);
  } catch (error) {
    if (error instanceof SearchRefused) return undefined;
    throw error;
  }
}

async function ofGroup(
  deps: EvidenceDeps,
  {
    answer,
    record,
    text,
  }: { answer: GroupAnswer | undefined; record: LogRecord | undefined; text: string },
  signal: AbortSignal,
): Promise<Gathered> {
  const shown = (message: string) => deps.show.toShown(message);
  const around = record
    ? await aroundRecord(deps, { record, answer }, signal)
    : { pieces: [], gaps: NO_GAPS };
  const own = record
    ? document(record, {
        title: "the error that is asked about",
        text: shown(record.text),
        first: true,
      })
    : fact("the newest message that was kept of it", text);
  const known = answer ? piecesOf(answer, deps.clock.now()) : [];
  return {
    subject: { group: answer?.group ?? null, record, text: shown(text) },
    evidence: boundEvidence([own, ...known, ...around.pieces]),
    verdict: answer ? verdictOf(answer) : "unknown",
    memory: answer?.memory ?? NO_MEMORY,
    gaps: joinGaps(answer?.gaps ?? NO_GAPS, around.gaps),
  };
}

/** A text that no index need have: what is most like it, and what is known of that. */
async function ofText(deps: EvidenceDeps, asked: string, signal: AbortSignal): Promise<Gathered> {
  const text = deps.show.toShown(asked);
  const own = fact("the text that is asked about", text, { sort: "document", first: true });
  const found = await deps.find(queryOf(asked), signal);
  const [group] = groupsLike(deps, asked, found);
  const answer = group === undefined ? undefined : await groupIfKnown(deps, group, signal);
  const hits = found.hits.slice(0, MAX_HITS).map((hit): Piece => {
    const often = hit.count > 1 ? `, ${counted(hit.count, "record")}` : "";
    return {
      sort: "document",
      title: `a record like it${often}`,
      text: hit.message,
      index: hit.index,
      id: hit.id,
      shard_key: hit.shard_key,
      group: hit.group,
      at: hit.timestamp,
      past: true,
      weight: 40,
    };
  });
  const known = answer ? piecesOf(answer, deps.clock.now()) : [];
  return {
    subject: { group: answer?.group ?? null, record: undefined, text },
    evidence: boundEvidence([own, ...known, ...hits]),
    verdict: answer ? verdictOfText(answer) : "unknown",
    memory: answer?.memory ?? NO_MEMORY,
    gaps: joinGaps(found.gaps, answer?.gaps ?? NO_GAPS),
  };
}

/** What is searched for: the lines that matter. Quotes would ask for records that have the quoted part. */
function queryOf(text: string): string {
  return excerpt(text, { maxTokens: QUERY_TOKENS }).text.replaceAll('"', " ");
}

/** Groups of hits that say the same as the text, apart from what varies. */
function groupsLike({ show }: Pick<EvidenceDeps, "show">, text: string, { hits }: SearchAnswer) {
  // Hits are masked already.
  const template = (of: string) => groupOf({ text: show.toText(show.toShown(of)) }).template;
  const own = template(text);
  return hits.flatMap(({ group, message }) =>
    group !== null && template(message) === own ? [group] : [],
  );
}

function verdictOfText(answer: GroupAnswer): ExplainVerdict {
  return answer.count > 0 ? "known" : verdictOf(answer);
}

function verdictOf({ episodes, notes, carried, alike }: GroupAnswer): ExplainVerdict {
  const isNoted = notes?.some((one) => markOf(one) === null) ?? false;
  const hasPast = episodes.length > 1 || episodes.some((one) => one.began_before);
  if (isNoted || hasPast) return "known";
  const isLike =
    (carried?.some(({ mark }) => mark === null) ?? false) ||
    (alike?.some(({ surely }) => surely) ?? false);
  return isLike ? "like" : "unknown";
}

/** What is known of a group as pieces of evidence. */
function piecesOf(answer: GroupAnswer, now: number): Piece[] {
  const { group, notes, carried, alike, episodes } = answer;
  const [current, ...earlier] = episodes;
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
    howOften(answer, now),
    ...(current ? [episodeFact(current, "this episode of the error", false)] : []),
    ...earlier
      .slice(0, MAX_PAST)
      .map((one) => episodeFact(one, "an earlier episode of this error", true)),
    ...(current?.rose ?? []).map((rise) =>
      fact(
        `what rose with it, in ${rise.service ?? "no service"}`,
        `${rise.template}\n${counted(rise.during, "record")} from 10 minutes before the episode began to 10 minutes after, ${rise.before} in the 20 minutes before: ${round(rise.lift)} times as many.`,
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
    ...stateFact(answer, group),
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
