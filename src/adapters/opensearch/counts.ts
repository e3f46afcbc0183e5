import { z } from "zod";
import type { LevelCounts } from "../../ports/record-store.ts";
import type { IsolatingApi } from "./isolating-api.ts";
import type { FoundField } from "./fields.ts";
import { groupByVector, type IndexShape, groupByShape } from "./index-shape.ts";
import { unwantedQuery, wantedQuery } from "./queries.ts";
import { COUNT_ONLY, completenessShape, wholeTerms } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";
import type { Gap } from "../../domain/partial.ts";
import type { StampKeys } from "../../domain/stamp-keys.ts";
import type { Selection } from "./search.ts";

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

/** The name to aggregate a field by; undefined where its values cannot be counted. */
export function countedName({ name, type, mapping }: FoundField): string | undefined {
  const off = (option: unknown) => option === false || option === "false";
  if (COUNTED.has(type)) return off(mapping.doc_values) ? undefined : name;
  if (type !== "text") return undefined;
  const exact = Object.entries(mapping.fields ?? {}).find(
    ([, sub]) => sub.type === "keyword" && !off(sub.doc_values),
  );
  return exact ? `${name}.${exact[0]}` : undefined;
}

/** Keys counted separately per index. */
const MAX_KEYS = 20;
/** The bucket of stamps without a key. */
const NO_KEY = "";

const answerShape = completenessShape.extend({
  aggregations: z
    .object({
      indices: wholeTerms(
        z.object({
          key: z.string(),
          keys: z.object({
            buckets: z.array(z.object({ key: z.string(), doc_count: z.number() })),
          }),
        }),
      ),
    })
    .optional(),
});

/** Counts wanted records with a vector by key, in indices whose stamps can have one. */
export async function countStampKeys(
  api: IsolatingApi,
  { shapes, fields, maxAgeDays }: Pick<Selection, "shapes" | "fields" | "maxAgeDays">,
  signal: AbortSignal,
): Promise<{ rows: StampKeys[]; gaps: Gap[] }> {
  const signing = shapes.filter(({ mapped, seals }) => mapped && seals);
  if (signing.length === 0) return { rows: [], gaps: [] };
  const { vectorField, metaField } = fields;
  const keys = { terms: { field: `${metaField}.key`, missing: NO_KEY, size: MAX_KEYS } };
  const { answers, gaps } = await searchEachGroup(
    api,
    groupByShape(signing),
    (group) => {
      const [shape] = group;
      if (!shape) return {};
      const filter = [...wantedQuery(shape, maxAgeDays), { exists: { field: vectorField } }];
      return {
        ...COUNT_ONLY,
        query: { bool: { filter } },
        aggs: { indices: { terms: { field: "_index", size: group.length }, aggs: { keys } } },
      };
    },
    answerShape,
    signal,
  );
  const indices = answers.flatMap(({ answer }) => answer.aggregations?.indices.buckets ?? []);
  const rows = indices.flatMap(({ key: index, keys: { buckets } }) =>
    buckets.map(({ key, doc_count: records }) => {
      return { index, key: key === NO_KEY ? null : key, records };
    }),
  );
  return { rows, gaps };
}
