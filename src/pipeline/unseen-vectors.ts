import { LRUCache } from "lru-cache";
import { z } from "zod";
import { isTransient } from "../domain/fault-policy.ts";
import { Fault } from "../domain/faults.ts";
import { placeOf, withoutVersion, type LogRecord, type Place } from "../domain/log-record.ts";
import { placeFields, placeIn, placeJson, type PlaceJson } from "../domain/reference.ts";
import { steadyClock } from "../concurrency/steady-clock.ts";
import { isOfModel } from "../domain/stamp.ts";
import type { Clock } from "../ports/clock.ts";
import type { Embedder } from "../ports/embedder.ts";
import type { RecordStore, CurrentState } from "../ports/record-store.ts";
import type { StoredVector } from "../ports/vector-index.ts";
import type { StateStore } from "../ports/state-store.ts";
import { digest, type Signer } from "./signer.ts";

/** Vectors that stand in documents where no search has found them yet: until then only this memory knows of them. */
export type UnseenVectors = {
  /** A vector of this text stands in this document. */
  written(hash: string, record: Place): void;
  /** A search has found a vector of each of these texts. */
  seen(hashes: Iterable<string>): void;
  /** To be called before a refresh; what it returns, after one that succeeded. */
  refreshing(indices: readonly string[]): () => void;
  /**
   * Reads the remembered documents of these texts in real time. `fault`: a document cannot be read now, so the text must
   * not be paid for yet. Throws a Fault where the store cannot be asked.
   */
  find(
    hashes: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, StoredVector | { fault: Fault }>>;
  load(): Promise<void>;
  /** Keeps what no refresh has made visible, for the next process; other processes' entries stay. */
  save(): Promise<void>;
};

type UnseenDeps = {
  store: Pick<RecordStore, "readCurrent">;
  state: Pick<StateStore, "load" | "change">;
  embedder: Pick<Embedder, "model" | "dimensions">;
  signer: Pick<Signer, "holds">;
  clock: Pick<Clock, "now">;
};

/** `refreshed`: its index was refreshed since, so the next process will find it by search. */
type Entry = { places: readonly Place[]; refreshed: boolean; unreadableSince?: number };

/** Texts; the oldest are forgotten first. */
const MAX_TEXTS = 5000;
/** Documents of one text: one of them may lose its vector before search sees it. */
const MAX_PLACES = 3;
/** So long a text waits for a document that cannot be read; then its index's trouble has lasted too long for others. */
const PATIENCE_MS = 2 * 60_000;
const DOCUMENT = "unseen-vectors";

const rowsShape = z.array(z.tuple([z.string(), z.array(z.object(placeFields)).min(1)]));
type Row = [name: string, places: readonly PlaceJson[]];

export function createUnseenVectors({
  store,
  state,
  embedder,
  signer,
  clock,
}: UnseenDeps): UnseenVectors {
  const { model, dimensions } = embedder;
  const entries = new LRUCache<string, Entry>({ max: MAX_TEXTS });
  const now = steadyClock(clock);
  /** Names of the entries that the state directory has from us. */
  let kept = new Set<string>();
  let changed = false;
  const nameOf = (hash: string) => digest(`${hash}\n${dimensions} ${model}`).slice(0, 16);

  const foundIn = (hash: string, looks: readonly CurrentState[]): StoredVector | undefined => {
    for (const look of looks) {
      if (look.state !== "current" || !look.vector) continue;
      const stamp = look.record.stamp ?? {};
      const ours = stamp["text_hash"] === hash && isOfModel(stamp, { model, dimensions });
      if (!ours || !signer.holds(stamp, look.vector)) continue;
      return { vector: look.vector, truncated: stamp["truncated"] === true };
    }
    return undefined;
  };
  const unreadable = (name: string, entry: Entry, looks: readonly CurrentState[]) => {
    const faults = looks.flatMap((look) => (look.state === "unreadable" ? [look.fault] : []));
    const fault = faults.find(({ kind }) => isTransient(kind));
    if (!fault) return undefined;
    const { unreadableSince = now() } = entry;
    if (now() - unreadableSince >= PATIENCE_MS) return undefined;
    entries.set(name, { ...entry, unreadableSince });
    return fault;
  };
  return {
    written(hash, record) {
      const name = nameOf(hash);
      const others = (entries.peek(name)?.places ?? []).filter(
        (one) => one.index !== record.index || one.id !== record.id,
      );
      const places = [placeOf(record), ...others].slice(0, MAX_PLACES);
      entries.set(name, { places, refreshed: false });
      changed = true;
    },
    seen(hashes) {
      for (const hash of hashes) if (entries.delete(nameOf(hash))) changed = true;
    },
    refreshing(indices) {
      const refreshed = new Set(indices);
      const before = [...entries.entries()].filter(([, { places }]) =>
        places.every(({ index }) => refreshed.has(index)),
      );
      return () => {
        for (const [name, entry] of before) {
          // What was written meanwhile may have come too late for the refresh.
          if (entries.peek(name) !== entry) continue;
          entry.refreshed = true;
          changed = true;
        }
      };
    },
    async find(hashes, signal) {
      const remembered = hashes.flatMap((hash) => {
        const name = nameOf(hash);
        const entry = entries.get(name);
        return entry ? [{ hash, name, entry }] : [];
      });
      const records = remembered.flatMap(({ entry }) => entry.places.map(asRecord));
      const looks = records.length > 0 ? await store.readCurrent(records, signal) : [];
      const found = new Map<string, StoredVector | { fault: Fault }>();
      let at = 0;
      for (const { hash, name, entry } of remembered) {
        const own = looks.slice(at, (at += entry.places.length));
        const vector = foundIn(hash, own);
        const fault = vector ? undefined : unreadable(name, entry, own);
        if (vector) found.set(hash, vector);
        else if (fault) found.set(hash, { fault });
        else if (entries.peek(name) === entry) entries.delete(name);
      }
      return found;
    },
    async load() {
      const rows = rowsIn(await state.load(DOCUMENT));
      for (const [name, places] of rows) {
        if (entries.has(name)) continue;
        entries.set(name, { places: places.map(placeIn), refreshed: false });
      }
      kept = new Set(rows.map(([name]) => name));
    },
    async save() {
      if (!changed) return;
      changed = false;
      // Oldest first, so that loading restores the order in which they leave.
      const rows = [...entries.entries()].toReversed().flatMap(([name, entry]): Row[] => {
        return entry.refreshed ? [] : [[name, entry.places.map(placeJson)]];
      });
      if (rows.length + kept.size === 0) return;
      const names = new Set(rows.map(([name]) => name));
      const ours = kept.union(names);
      kept = names;
      await state.change(DOCUMENT, (current) => {
        const others = rowsIn(current).filter(([name]) => !ours.has(name));
        return [...others, ...rows].slice(-MAX_TEXTS);
      });
    },
  };
}

function rowsIn(value: unknown): Row[] {
  return rowsShape.safeParse(value).data ?? [];
}

function asRecord(place: Place): LogRecord {
  return { ...withoutVersion(place), text: "" };
}
