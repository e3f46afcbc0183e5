import { LRUCache } from "lru-cache";
import { z } from "zod";
import { Fault } from "../domain/faults.ts";
import { indexKey, type RecordId } from "../domain/log-record.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { StateStore } from "../ports/state-store.ts";
import { digest } from "./signer.ts";

/** A record, and the hash of its text. */
type TextOf = { record: RecordId; hash: string };

/** Remembers which vectors were written where, to tell what removes one again and again from a reload of an index. */
export type WriteLoopDetector = {
  /** Takes note of those among records without a vector that were given one; `together`: of indices where many have lost it. */
  lost(without: readonly TextOf[]): { all: TextOf[]; together: TextOf[] };
  /** The fault of a record that has lost the vector of this very text too often to be given it once more. */
  check(lost: TextOf): Fault | undefined;
  written(given: TextOf): void;
  /** It is in the quarantine now: once it leaves that, it counts from zero. */
  forget(one: TextOf): void;
  /** How many records an index has: of a small one fewer need to lose their vectors together. */
  counted(rows: readonly { index: string; records: number }[]): void;
  load(): Promise<void>;
  save(): Promise<void>;
};

/** So often a vector is written for the same text into the same document. */
const MAX_WRITES = 2;
/** And so often where its index is reloaded: something strips many of them at a time if it goes on. */
const MAX_LOADS = 24;
const MAX_RECORDS = 5000;
const TTL_MS = 24 * 3_600_000;
/** So many records of one index that lose their vectors within this time are a load, or half of a small index. */
const TOGETHER_MS = 3_600_000;
const TOGETHER = 20;
const TOGETHER_IN_SMALL = 5;
const DOCUMENT = "rewrites";

/** Kept over restarts as far as the latest 5,000 records go: `--once` forgets everything else. */
export function createWriteLoopDetector(
  state: Pick<StateStore, "load" | "save">,
  clock: Pick<Clock, "now">,
  { model, dimensions }: Pick<Embedder, "model" | "dimensions">,
): WriteLoopDetector {
  const cache = new LRUCache<string, Written>({
    max: MAX_RECORDS,
    ttl: TTL_MS,
    ttlResolution: 0,
    perf: clock,
  });
  const sizes = new Map<string, number>();
  let changed = false;
  // By the index' name: what a recreated index has lost is to be noticed too. The same logs embedded by one
  // model after the other are no loop.
  const nameOf = ({ record: { index, id }, hash }: TextOf) =>
    digest(`${index}/${id}\n${hash}\n${dimensions} ${model}`).slice(0, 16);
  /** Indices in which many have recently lost their vectors. */
  const reloadedIndices = (): Set<string> => {
    const since = clock.now() - TOGETHER_MS;
    const sums = new Map<string, number>();
    for (const { index, lostAt = -Infinity } of cache.values()) {
      if (lostAt > since) sums.set(index, (sums.get(index) ?? 0) + 1);
    }
    const isMany = (index: string, lost: number) =>
      lost >= TOGETHER || (lost >= TOGETHER_IN_SMALL && lost * 2 >= (sizes.get(index) ?? Infinity));
    return new Set([...sums].flatMap(([index, lost]) => (isMany(index, lost) ? [index] : [])));
  };
  const set = (name: string, entry: Written) => {
    cache.set(name, entry);
    changed = true;
  };
  return {
    lost(without) {
      const all = without.filter((one) => {
        const name = nameOf(one);
        const known = cache.get(name);
        if (known) set(name, { ...known, lostAt: clock.now() });
        return known !== undefined;
      });
      if (all.length === 0) return { all, together: [] };
      const reloaded = reloadedIndices();
      return { all, together: all.filter(({ record }) => reloaded.has(record.index)) };
    },
    check(lost) {
      const { record } = lost;
      const known = cache.get(nameOf(lost));
      // In a recreated index nothing was written yet.
      if (!known || known.times < MAX_WRITES || known.key !== indexKey(record)) return undefined;
      if (known.times < MAX_LOADS && reloadedIndices().has(record.index)) return undefined;
      return new Fault(
        "record",
        `its vector was written ${known.times} times within a day and is gone each time`,
        { hint: "Find what replaces this document or removes its vector: it must keep the field." },
      );
    },
    written(given) {
      const name = nameOf(given);
      const { index } = given.record;
      const key = indexKey(given.record);
      const known = cache.get(name);
      const { times, firstAt } = known?.key === key ? known : { times: 0, firstAt: clock.now() };
      const lostAt = known?.lostAt === undefined ? {} : { lostAt: known.lostAt };
      set(name, { index, key, times: times + 1, firstAt, ...lostAt });
    },
    forget(one) {
      const name = nameOf(one);
      const known = cache.get(name);
      // That it was lost still counts: a load may come up a few records at a time, the first of which look like loops.
      if (known) set(name, { ...known, times: 0 });
    },
    counted(rows) {
      for (const { index, records } of rows) sizes.set(index, records);
    },
    async load() {
      for (const [name, entry] of readWritten(await state.load(DOCUMENT))) {
        const ttl = TTL_MS - (clock.now() - entry.firstAt);
        if (ttl > 0 && !cache.has(name)) cache.set(name, entry, { ttl });
      }
    },
    async save() {
      if (!changed) return;
      changed = false;
      // Oldest first, so that loading restores the order in which they leave.
      await state.save(DOCUMENT, writtenRows([...cache.entries()].toReversed()));
    },
  };
}

/** A vector that was given to a document; times in milliseconds since the epoch. */
type Written = {
  index: string;
  /** Of the index that it was given in. */
  key: string;
  times: number;
  firstAt: number;
  /** When the document was found without it last. */
  lostAt?: number;
};

const shape = z.object({
  indices: z.array(z.object({ index: z.string(), uuid: z.string().optional() })),
  /** Name, place among the indices, times, first and last time. */
  written: z.array(z.tuple([z.string(), z.int(), z.int(), z.number(), z.number().nullable()])),
});
type Rows = z.infer<typeof shape>;

/** What makes no sense, or was kept by a version that did not tell indices of one name apart, is as good as nothing. */
function readWritten(value: unknown): [name: string, Written][] {
  const read = shape.safeParse(value);
  if (!read.success) return [];
  const { indices, written } = read.data;
  return written.flatMap(([name, at, times, firstAt, lostAt]): [string, Written][] => {
    const place = indices[at];
    if (!place) return [];
    const { index, uuid: indexUuid } = place;
    const key = indexKey({ index, indexUuid });
    return [[name, { index, key, times, firstAt, ...(lostAt === null ? {} : { lostAt }) }]];
  });
}

/** Each index stands there once. */
function writtenRows(entries: readonly (readonly [name: string, Written])[]): Rows {
  const places = new Map<string, number>();
  const indices: Rows["indices"] = [];
  const written = entries.map(
    ([name, { index, key, times, firstAt, lostAt }]): Rows["written"][number] => {
      let at = places.get(key);
      if (at === undefined) {
        at = indices.length;
        places.set(key, at);
        const uuid = key.slice(index.length + 1);
        indices.push({ index, ...(uuid === "" ? {} : { uuid }) });
      }
      return [name, at, times, firstAt, lostAt ?? null];
    },
  );
  return { indices, written };
}
