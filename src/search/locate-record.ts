import { Fault } from "../domain/faults.ts";
import { matchesIndex } from "../domain/index-pattern.ts";
import { gapsLine, NO_GAPS } from "../domain/partial.ts";
import type { Located, RecordStore, Target } from "../ports/record-store.ts";
import type { SearchDeps } from "./search-deps.ts";
import { SearchRefused } from "./search-refused.ts";

export type RecordAddress = Target & { index: string };

export type Found = Extract<Located, { state: "found" }>;

/** The current document. Throws a SearchRefused where it is not available, or a Fault. */
export async function locateRecord(
  { store, readSurvey }: Pick<SearchDeps, "readSurvey"> & { store: Pick<RecordStore, "locate"> },
  target: RecordAddress,
  signal: AbortSignal,
): Promise<Found> {
  const { unfit } = await readSurvey(signal);
  const [located] = await store.locate([target], signal);
  const { index, id, shardKey } = target;
  if (located?.state === "found") return located;
  if (located?.state === "unfit") {
    const reason = unfit.find((one) => matchesIndex(index, one.index))?.reason;
    throw new SearchRefused("unfit", `${index} is skipped${reason ? `: ${reason}` : ""}.`);
  }
  if (located?.unknownIndex) {
    throw new SearchRefused(
      "not_found",
      `There is no index, alias or data stream ${index} behind OPENSEARCH_INDEX_PATTERN.`,
    );
  }
  const unseen = gapsLine(located?.gaps ?? NO_GAPS);
  if (unseen !== undefined) {
    throw new Fault(
      "index",
      `${index}/${id} was not found, and not everything could be seen: ${unseen}`,
    );
  }
  const where = shardKey === undefined ? "" : ` with the shard key ${shardKey}`;
  const hint =
    "A document that was indexed with a shard key (OpenSearch's routing) is found by id and key.";
  const details = shardKey === undefined ? hint : undefined;
  throw new SearchRefused("not_found", `${index} has no document ${id}${where}.`, details);
}
