import { z } from "zod";
import { joinGaps, NO_GAPS } from "../../domain/partial.ts";
import type { GroupCounts, GroupRun, NameCounts, RunNames } from "../../ports/group-counts.ts";
import { countable, groupedQuery, groupField, type Counted } from "./grouped-records.ts";
import { groupByNames, type IndexShape, type Query } from "./index-shape.ts";
import { COUNT_ONLY, completenessShape, gapOfEach } from "./partial-answer.ts";
import { searchEachGroup } from "./search-groups.ts";

/** Names that a search counts, at least: those of several kinds of indices are added up. */
const LEAST_COUNTED = 100;
/** Per shard; up to that many names the sums are exact. */
const NAMES_A_SHARD = 1000;
const KINDS = ["hosts", "versions"] as const;

/** Not by the names that OpenSearch uses: that some names are left out is expected here, and no gap. */
const termsShape = z
  .object({
    sum_other_doc_count: z.number(),
    doc_count_error_upper_bound: z.number(),
    buckets: z.array(
      z.object({
        key: z.union([z.string(), z.number()]),
        key_as_string: z.string().optional(),
        doc_count: z.number(),
      }),
    ),
  })
  .transform(({ sum_other_doc_count: others, doc_count_error_upper_bound: error, buckets }) => ({
    others,
    error,
    names: buckets.map(({ key, key_as_string: text = String(key), doc_count: records }) => ({
      name: text,
      records,
    })),
  }));
/** `names`: absent of the records without any. */
const fieldShape = z.object({ doc_count: z.number(), names: termsShape.optional() });
const runShape = z.object({ doc_count: z.number() }).catchall(fieldShape);
type Run = z.infer<typeof runShape>;
const namesShape = completenessShape.extend({
  aggregations: z
    .object({ runs: z.object({ buckets: z.record(z.string(), runShape) }) })
    .optional(),
});

/** One search for each kind of index, in which each run is a filter and each field that names something a filter below it. */
export async function countNames(
  counted: Counted,
  { indices, runs, limit }: Parameters<GroupCounts["countNames"]>[0],
  signal: AbortSignal,
): ReturnType<GroupCounts["countNames"]> {
  if (runs.length === 0) return { rows: [], gaps: NO_GAPS };
  const field = groupField(counted.fields);
  const filter = {
    since: Math.min(...runs.map(({ since }) => since)),
    until: Math.max(...runs.map(({ until }) => until)),
  };
  const groups = [...new Set(runs.flatMap((run) => run.groups))];
  const size = Math.max(limit, LEAST_COUNTED);
  const { answers, gaps } = await searchEachGroup(
    counted.api,
    groupByNames(countable(counted, { indices, filter }).flat()),
    (alike) => {
      const filters = runs.map((run, i): [string, Query] => [
        keyOf(i),
        runQuery(run, field, alike),
      ]);
      return {
        ...COUNT_ONLY,
        track_total_hits: false,
        query: groupedQuery(counted, alike, { indices, filter }, groups),
        aggs: {
          runs: { filters: { filters: Object.fromEntries(filters) }, aggs: namesOf(alike, size) },
        },
      };
    },
    namesShape,
    signal,
  );
  const rows = runs.map((_, i): RunNames => {
    const found = answers.flatMap(
      ({ answer }) => answer.aggregations?.runs.buckets[keyOf(i)] ?? [],
    );
    return {
      records: found.reduce((sum, { doc_count: records }) => sum + records, 0),
      hosts: sumOf(found, "hosts", limit),
      versions: sumOf(found, "versions", limit),
    };
  });
  const inexact = answers.map(({ group, answer }) => {
    const all = Object.values(answer.aggregations?.runs.buckets ?? {});
    const error = Math.max(0, ...all.map((run) => errorIn(run, answers.length > 1)));
    const names = group.map(({ index }) => index);
    return error === 0 ? [] : gapOfEach(names, `counts of names may be too low by ${error}`);
  });
  return { rows, gaps: joinGaps(gaps, ...inexact) };
}

function keyOf(run: number): string {
  return `run_${run}`;
}

function runQuery(
  { groups, since, until }: GroupRun,
  field: string,
  [shape]: readonly IndexShape[],
) {
  const time = shape?.timestampField ?? "";
  const within = { gte: since, lte: until, format: "epoch_millis" };
  return { bool: { filter: [{ terms: { [field]: groups } }, { range: { [time]: within } }] } };
}

/** By the first field that a record has, and those that have none. */
function namesOf([shape]: readonly IndexShape[], size: number): Query {
  const aggs = KINDS.flatMap((kind) => {
    const fields = shape?.[kind] ?? [];
    const exists = fields.map((field) => ({ exists: { field } }));
    const counts = fields.map((field, i): [string, Query] => [
      `${kind}_${i}`,
      {
        filter: { bool: { filter: exists.slice(i, i + 1), must_not: exists.slice(0, i) } },
        aggs: { names: { terms: { field, size, shard_size: Math.max(size, NAMES_A_SHARD) } } },
      },
    ]);
    const none: [string, Query] = [`${kind}_none`, { filter: { bool: { must_not: exists } } }];
    return [...counts, none];
  });
  return Object.fromEntries(aggs);
}

function countsIn(run: Run, kind: (typeof KINDS)[number]) {
  return Object.entries(run).flatMap(([name, one]) =>
    name.startsWith(`${kind}_`) && typeof one === "object" ? one : [],
  );
}

function sumOf(found: readonly Run[], kind: (typeof KINDS)[number], limit: number): NameCounts {
  const counts = new Map<string, number>();
  let [others, unnamed] = [0, 0];
  for (const { names: terms, doc_count: records } of found.flatMap((run) => countsIn(run, kind))) {
    if (!terms) unnamed += records;
    others += terms?.others ?? 0;
    for (const { name, records: ofName } of terms?.names ?? []) {
      if (name === "") unnamed += ofName;
      else counts.set(name, (counts.get(name) ?? 0) + ofName);
    }
  }
  const names = [...counts]
    .map(([name, records]) => ({ name, records }))
    .toSorted((a, b) => b.records - a.records || (a.name < b.name ? -1 : 1));
  const rest = names.slice(limit).reduce((sum, { records }) => sum + records, 0);
  return { names: names.slice(0, limit), others: others + rest, unnamed };
}

/**
 * By how much the count of a name may be too low: as OpenSearch says it, and where other indices have names too, by what a name may have
 * that this search did not return.
 */
function errorIn(run: Run, hasOthers: boolean): number {
  const errors = KINDS.flatMap((kind) => {
    const fields = countsIn(run, kind).flatMap(({ names: terms }) => terms ?? []);
    const isSum = hasOthers || fields.length > 1;
    return fields.map(({ others, error, names }) => {
      const least = others > 0 && isSum ? (names.at(-1)?.records ?? 0) : 0;
      return error + least;
    });
  });
  return Math.max(0, ...errors);
}
