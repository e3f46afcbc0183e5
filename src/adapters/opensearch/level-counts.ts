import { z } from "zod";
import type { LevelCounts } from "../../ports/record-store.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { FoundField } from "./fields.ts";
import { groupByVector, type IndexShape } from "./index-shape.ts";
import { unwantedQuery } from "./queries.ts";
import { COUNT_ONLY, completenessShape } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";

/** Rarer values of a level field are left out. */
const MAX_VALUES = 200;

const bucketsShape = z.object({
  sum_other_doc_count: z.number().default(0),
  buckets: z.array(z.object({ key: z.union([z.string(), z.number()]), doc_count: z.number() })),
});
const levelsShape = completenessShape.extend({
  aggregations: z.record(z.string(), bucketsShape).optional(),
});

/** Values in the level fields of records without a wanted level, as of the last refresh. */
export async function countOtherLevels(
  api: IsolatingApi,
  { shapes, maxAgeDays }: { shapes: readonly IndexShape[]; maxAgeDays: number | undefined },
  signal: AbortSignal,
): Promise<LevelCounts> {
  const groups = groupByVector(shapes).filter(([shape]) => countable(shape).length > 0);
  const { answers, gaps } = await searchEachGroup(
    api,
    groups,
    ([shape]) => ({
      ...COUNT_ONLY,
      track_total_hits: false,
      ...(shape ? { query: unwantedQuery(shape, maxAgeDays) } : {}),
      aggs: Object.fromEntries(
        countable(shape).map(({ name, field }) => [name, { terms: { field, size: MAX_VALUES } }]),
      ),
    }),
    levelsShape,
    signal,
  );
  const found = answers.flatMap(({ answer }) => Object.entries(answer.aggregations ?? {}));
  const values = found.flatMap(([field, { buckets }]) =>
    buckets.map(({ key, doc_count: records }) => ({ field, value: String(key), records })),
  );
  const truncated = found.some(([, { sum_other_doc_count: others }]) => others > 0);
  const uncounted = shapes
    .filter((shape) => countable(shape).length < shape.levels.length)
    .map(({ index }) => index);
  return { values: summed(values), truncated, gaps, uncounted };
}

function summed(values: LevelCounts["values"]): LevelCounts["values"] {
  const sums = new Map<string, LevelCounts["values"][number]>();
  for (const one of values) {
    const key = `${one.field}\n${one.value}`;
    sums.set(key, { ...one, records: one.records + (sums.get(key)?.records ?? 0) });
  }
  return [...sums.values()].toSorted((a, b) => b.records - a.records);
}

const COUNTED = new Set(["keyword", "byte", "short", "integer", "long", "unsigned_long"]);

/** Level fields that can be aggregated, each with the name to aggregate by. */
function countable(shape: IndexShape | undefined): { name: string; field: string }[] {
  return (shape?.levels ?? []).flatMap((level) => {
    const field = countedName(level);
    return field === undefined ? [] : [{ name: level.name, field }];
  });
}

function countedName({ name, type, mapping }: FoundField): string | undefined {
  const off = (option: unknown) => option === false || option === "false";
  if (COUNTED.has(type)) return off(mapping.doc_values) ? undefined : name;
  if (type !== "text") return undefined;
  const exact = Object.entries(mapping.fields ?? {}).find(
    ([, sub]) => sub.type === "keyword" && !off(sub.doc_values),
  );
  return exact ? `${name}.${exact[0]}` : undefined;
}
