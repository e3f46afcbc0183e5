import { count as counted } from "../../domain/count.ts";
import { timeWordsIn } from "../../domain/explanation/time-words.ts";
import { isoTime } from "../../domain/iso-time.ts";
import { joinGaps } from "../../domain/partial.ts";
import type { SearchAnswer } from "../../search/search-answer.ts";
import { SearchRefused } from "../../search/search-refused.ts";
import type { GroupRow } from "../group-answers.ts";
import { listGroups } from "../list-groups.ts";
import { showGroup } from "../show-group.ts";
import { boundEvidence, fact, type Piece } from "./evidence.ts";
import type { EvidenceDeps, Gathered } from "./gather-evidence.ts";
import { notesOf } from "./group-pieces.ts";

/** Records that are like a question, errors of its time, and those of them whose notes are read. */
const MAX_HITS = 10;
const MAX_GROUPS = 6;
const MAX_NOTED = 3;

/**
 * What may answer a question such as "why did payments fail last night": the records that it means or names in the time that it
 * names, the errors that came most often then, and the notes of those that were found. One retrieval; nothing is remembered of it.
 * Throws a SearchRefused where it has no words, and a Fault.
 */
export async function ofQuestion(
  deps: EvidenceDeps,
  question: string,
  signal: AbortSignal,
): Promise<Gathered> {
  const now = deps.clock.now();
  const { rest, ...time } = timeWordsIn(question, now);
  const [found, listed] = await Promise.all([
    deps.find(rest === "" ? question : rest, signal, time),
    listGroups(deps, { ...time, order: "count", limit: MAX_GROUPS }, signal),
  ]);
  const groups = [...new Set(found.hits.flatMap(({ group }) => group ?? []))].slice(0, MAX_NOTED);
  const notes = await Promise.all(groups.map((group) => readNotes(deps, group, signal)));
  const when = timeFact(time, now);
  return {
    subject: { group: null, record: undefined, text: deps.show.toShown(question), question },
    evidence: boundEvidence([
      ...hitPieces(found, MAX_HITS),
      ...(when === undefined ? [] : [when]),
      ...listed.groups.map((row) => groupFact(row, when !== undefined)),
      ...notes.flat(),
    ]),
    verdict: "unknown",
    memory: listed.memory,
    gaps: joinGaps(found.gaps, listed.gaps),
  };
}

/** The hits of a search, each kind of error once. */
export function hitPieces({ hits }: Pick<SearchAnswer, "hits">, most: number): Piece[] {
  return hits.slice(0, most).map((hit): Piece => {
    const often = hit.count > 1 ? `, ${counted(hit.count, "record")}` : "";
    const who = [hit.level, hit.service].filter((one) => one !== null).join(" ");
    return {
      sort: "document",
      title: `a record like it${often}${who === "" ? "" : ` (${who})`}`,
      text: hit.message,
      index: hit.index,
      id: hit.id,
      shard_key: hit.shard_key,
      group: hit.group,
      at: hit.timestamp,
      weight: 40,
    };
  });
}

async function readNotes(deps: EvidenceDeps, group: string, signal: AbortSignal): Promise<Piece[]> {
  try {
    return notesOf(await showGroup(deps, group, signal));
  } catch (error) {
    if (error instanceof SearchRefused) return [];
    throw error;
  }
}

function timeFact(
  { since, until }: { since?: number; until?: number },
  now: number,
): Piece | undefined {
  if (since === undefined) return undefined;
  const text = `The question is taken to mean from ${isoTime(since)} to ${isoTime(until ?? now)}.`;
  return fact("the time that is asked about", text, { weight: 95 });
}

function groupFact(
  { group, service, template, count, first_seen: first, last_seen: last, state }: GroupRow,
  isTimed: boolean,
): Piece {
  const text = [
    template,
    `In ${service ?? "no service"}: ${counted(count, "record")}${isTimed ? " in that time" : ""}, the first ${first ?? "at an unknown time"}, the last ${last ?? "at an unknown time"}; state: ${state}.`,
  ].join("\n");
  return fact("one of the errors that came most often", text, { group, weight: 60 });
}
