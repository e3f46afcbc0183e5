import type { Fault } from "../../domain/faults.ts";
import type { Embedder } from "../../ports/embedder.ts";
import type { LogRecord } from "../../domain/log-record.ts";
import {
  fieldName,
  isDue,
  markHolds,
  type MarkBasis,
  type RefusalMark,
  type Refuser,
} from "../../domain/stamp.ts";

const HOUR_MS = 3_600_000;
/** From one refusal to the next try; after the last of them there is none. */
const WAITS_MS = [HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS];
/** As much of the reason as is kept. */
const MAX_ERROR = 500;

/** The mark of a record whose text was refused by the embedder, counted on from the mark that it bears of that text. */
export function refusalMark(
  stamp: Record<string, unknown> | undefined,
  fault: Fault,
  now: number,
  basis: MarkBasis & { text_hash: string },
): RefusalMark {
  const isOfText = stamp?.["skipped"] === "refused" && stamp["text_hash"] === basis.text_hash;
  const before = isOfText ? Number(stamp["attempts"]) : 0;
  const attempts = (Number.isInteger(before) && before > 0 ? before : 0) + 1;
  const waitMs = WAITS_MS[attempts - 1];
  return {
    skipped: "refused",
    attempts,
    error: fault.message.slice(0, MAX_ERROR),
    ...basis,
    ...(waitMs === undefined ? {} : { next_try: new Date(now + waitMs).toISOString() }),
  };
}

/** What a refusal of this text rests on; `by`: the embedder, where it was the one that refused it. */
export function basisOf(
  { textFields }: Pick<LogRecord, "textFields">,
  { textHash, fault, by }: { textHash: string; fault?: Fault; by?: Refuser },
): MarkBasis & { text_hash: string } {
  const field = fieldName(textFields);
  return {
    ...(field === undefined ? {} : { field }),
    text_hash: textHash,
    ...(by === undefined ? {} : { refused_by: by.model }),
    ...(fault?.tooLong && by?.tokenLimit !== undefined ? { token_limit: by.tokenLimit } : {}),
  };
}

/** Whose refusal it is, and up to which length texts were sent. */
export function refuserOf({ model, limits }: Pick<Embedder, "model" | "limits">): Refuser {
  return { model, tokenLimit: limits.maxTokensPerText };
}

/** The refusal that a record bears and that still holds of this text, as it is to stand now; undefined where none does. */
export function standingRefusal(
  { stamp = {}, textFields }: Pick<LogRecord, "stamp" | "textFields">,
  textHash: string,
  { by, now }: { by: Refuser; now: number },
): RefusalMark | undefined {
  if (stamp["skipped"] !== "refused" || isDue(stamp, now)) return undefined;
  if (!markHolds(stamp, { textHash, by })) return undefined;
  const { attempts, error, refused_by: refuser, token_limit: limit, next_try: nextTry } = stamp;
  const field = fieldName(textFields);
  return {
    skipped: "refused",
    attempts: typeof attempts === "number" ? attempts : 1,
    error: typeof error === "string" ? error : "",
    ...(field === undefined ? {} : { field }),
    text_hash: textHash,
    ...(typeof refuser === "string" ? { refused_by: refuser } : {}),
    ...(typeof limit === "number" ? { token_limit: limit } : {}),
    ...(typeof nextTry === "string" ? { next_try: nextTry } : {}),
  };
}
