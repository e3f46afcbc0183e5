import type { Evidence, ExplainVerdict } from "../../domain/explanation/claim.ts";
import { excerpt } from "../../domain/explanation/excerpt.ts";
import { isGroupId, groupOf } from "../../domain/group.ts";
import type { LogRecord } from "../../domain/log-record.ts";
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
import { boundEvidence, document, fact } from "./evidence.ts";
import { piecesOf, verdictOf } from "./group-pieces.ts";
import { hitPieces, ofQuestion } from "./question-evidence.ts";

/** What is to be explained: a record, a group, a text that no index need have; or a question about any of them. */
export type Subject =
  | { of: RecordAddress }
  | { group: string }
  | { text: string }
  | { question: string };

export type EvidenceDeps = GroupsDeps &
  EpisodesDeps &
  AlikeDeps & {
    store: Pick<RecordStore, "locate" | "findAround">;
    /** The records most like a text, by words and meaning as far as both can be had. */
    find(
      text: string,
      signal: AbortSignal,
      time?: { since?: number; until?: number },
    ): Promise<SearchAnswer>;
  };

export type Gathered = {
  subject: {
    group: string | null;
    record: LogRecord | undefined;
    text: string;
    /** As it was asked; absent where nothing was. */
    question?: string;
  };
  /** In the order of its references. */
  evidence: Evidence[];
  /** What the evidence allows to say: code derives it, and no model can strengthen it. */
  verdict: ExplainVerdict;
  memory: MemoryAnswer;
  gaps: readonly Gap[];
};

/** Nothing was asked of it. */
const NO_MEMORY: MemoryAnswer = { kept: false, problems: [] };
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
  if ("question" in asked) return ofQuestion(deps, asked.question, signal);
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
    : fact("the newest message that was kept of it", text, { sort: "document", first: true });
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
  const hits = hitPieces(found, MAX_HITS).map((one) => ({ ...one, past: true }));
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
