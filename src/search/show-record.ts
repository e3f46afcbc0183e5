import { cutText } from "../domain/cut-text.ts";
import { locateRecord, type RecordAddress } from "./locate-record.ts";
import type { RecordAnswer } from "./search-answer.ts";
import type { SearchDeps } from "./search-deps.ts";

/** UTF-8 bytes of a message: more than people read, and a bounded load for the server. */
export const MAX_WHOLE_BYTES = 1024 * 1024;

/** The whole message of a record. Throws a SearchRefused, or a Fault. */
export async function showRecord(
  deps: Pick<SearchDeps, "store" | "readSurvey" | "settings">,
  place: RecordAddress,
  signal: AbortSignal,
): Promise<RecordAnswer> {
  const { record } = await locateRecord(deps, place, signal);
  const head = cutText(record.text, MAX_WHOLE_BYTES);
  const shown = cutText(deps.settings.toShown(head.text), MAX_WHOLE_BYTES);
  return {
    index: record.index,
    id: record.id,
    shard_key: record.shardKey ?? null,
    timestamp: record.timestamp ?? null,
    level: record.level ?? null,
    trace_id: record.traceId ?? null,
    message: shown.text,
    message_truncated: record.cut === true || head.cut || shown.cut,
  };
}
