import { unfitRecordsLine, outnumberFit } from "../domain/unfit-records.ts";
import type { UnfitIndex } from "../domain/survey.ts";
import type { RecordStore } from "../ports/record-store.ts";
import type { Check } from "./check.ts";

/**
 * What to say of the records of unfit indices: a failure where they are most of all, as a run by hand ends then. `others`:
 * records of the fit ones. Undefined where there are none, or where somebody made those indices so.
 */
export async function leftAloneCheck(
  store: Pick<RecordStore, "countUnfit">,
  { unfit, others }: { unfit: readonly UnfitIndex[]; others: number },
  signal: AbortSignal,
): Promise<Omit<Check, "name"> | undefined> {
  const meant = unfit.filter(({ intentional: byIntent }) => !byIntent);
  if (meant.length === 0) return undefined;
  const { rows, uncounted } = await store.countUnfit(
    meant.map(({ index }) => index),
    signal,
  );
  const found = rows.map(({ records }) => records).filter((records) => records > 0);
  const records = found.reduce((sum, one) => sum + one, 0);
  const left = { records, indices: found.length, uncounted, others };
  const detail = unfitRecordsLine(left);
  if (detail === undefined) return undefined;
  if (!outnumberFit(left)) return { result: "warning", detail };
  return {
    result: "failed",
    detail,
    hint: "Fix these indices as the table says, or leave them out of OPENSEARCH_INDEX_PATTERN.",
  };
}
