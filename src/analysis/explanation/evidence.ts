import type { Evidence } from "../../domain/explanation/claim.ts";
import { estimateTokens } from "../../domain/explanation/estimate-tokens.ts";
import { excerpt } from "../../domain/explanation/excerpt.ts";
import { placeOf, type LogRecord } from "../../domain/log-record.ts";
import type { Note } from "../../domain/memory/note.ts";
import type { Difference } from "../group-answers.ts";

/** Evidence before it has its reference. Of two, the one of less weight is left out first. */
export type Piece = Omit<Evidence, "ref"> & { weight: number };

/** About 20 pieces and 6,000 tokens are what a model reads with care. */
const MAX_PIECES = 24;
const MAX_TOKENS = 6000;
/** Of the record that is asked about, of a note or fact, and of each other document. */
const TOKENS = { first: 2400, said: 600, other: 300 } as const;

const NOWHERE = { index: null, id: null, shard_key: null } as const;

type About = { title: string; text: string; first?: boolean; past?: boolean; weight?: number };

/** A log document; `text`: its message as people may see it. */
export function document(
  record: LogRecord,
  { title, text, first = false, past, weight }: About,
): Piece {
  const { index, id, shardKey } = placeOf(record);
  const group = record.stamp?.["group"];
  const who = [record.level, record.service].filter(Boolean).join(" ");
  return {
    sort: "document",
    title: who === "" ? title : `${title} (${who})`,
    text: excerpt(text, { maxTokens: first ? TOKENS.first : TOKENS.other }).text,
    index,
    id,
    shard_key: shardKey ?? null,
    group: typeof group === "string" ? group : null,
    at: timeIn(record),
    ...(past === undefined ? {} : { past }),
    weight: first ? 100 : (weight ?? 50),
  };
}

/** A log may hold anything as its time. */
function timeIn({ timestamp = "" }: LogRecord): string | null {
  const ms = Date.parse(timestamp);
  return Number.isNaN(ms) ? null : new Date(ms).toISOString();
}

type Of = Partial<Pick<Piece, "sort" | "group" | "past" | "at" | "weight">> & { first?: boolean };

/** What was computed; or, by its sort, a text that stands in no index. */
export function fact(title: string, text: string, of: Of = {}): Piece {
  const { sort = "fact", group = null, at = null, past, weight = 60, first = false } = of;
  return {
    ...NOWHERE,
    sort,
    title,
    text: excerpt(text, { maxTokens: first ? TOKENS.first : TOKENS.said }).text,
    group,
    at,
    ...(past === undefined ? {} : { past }),
    weight: first ? 100 : weight,
  };
}

/** What a person wrote, with what is other this time. */
export function note(
  { cause, fix, link, author, at, verdicts, group }: Note,
  {
    title,
    weight,
    differs = [],
  }: { title: string; weight: number; differs?: readonly Difference[] },
): Piece {
  const lines = [
    ...(cause === null ? [] : [`Cause: ${cause}`]),
    ...(fix === null ? [] : [`Fix: ${fix}`]),
    ...(link === null ? [] : [`Link: ${link}`]),
    ...differs.map(
      ({ what, now, before }) =>
        `Other ${what} than there: ${now ?? "none"} now, ${before ?? "none"} there.`,
    ),
  ];
  const confirmed = verdicts[0]?.verdict === "confirmed";
  const by = confirmed ? `, confirmed by ${verdicts[0]?.by ?? author}` : "";
  return {
    ...NOWHERE,
    sort: "note",
    title: `${title}${by}`,
    text: excerpt(lines.join("\n"), { maxTokens: TOKENS.said }).text,
    group,
    at,
    confirmed,
    past: true,
    weight,
  };
}

const LETTER = { document: "E", fact: "F", note: "N" } as const;

/**
 * The pieces that are kept, each with its reference: at most 24, and about 6,000 tokens, those of least weight left out first, and of two
 * that say the same the second. Documents first, then facts, then notes, each sort in the order that was given.
 */
export function boundEvidence(pieces: readonly Piece[]): Evidence[] {
  const seen = new Set<string>();
  const different = pieces.filter(({ sort, text }) => {
    const key = `${sort} ${text}`;
    if (text.trim() === "" || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
  const kept = new Set<Piece>();
  let left = MAX_TOKENS;
  for (const piece of different.toSorted((a, b) => b.weight - a.weight)) {
    const tokens = estimateTokens(`${piece.title} ${piece.text}`);
    if (kept.size >= MAX_PIECES || tokens > left) continue;
    left -= tokens;
    kept.add(piece);
  }
  const inOrder = (["document", "fact", "note"] as const).flatMap((sort) =>
    different
      .filter((one) => one.sort === sort && kept.has(one))
      .map((one, at) => ({ ref: `${LETTER[sort]}${at + 1}`, one })),
  );
  return inOrder.map(({ ref, one: { weight: _weight, ...evidence } }) => ({ ref, ...evidence }));
}
