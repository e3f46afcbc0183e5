import type { MemoryStore } from "../../scripts/quickstart/memory/memory-store.ts";
import type { Place } from "../../src/domain/log-record.ts";
import type { Beside, Fields, Seed, StoreUnderTest } from "../contract/record-store-subject.ts";

/** A record in a store that keeps vector and stamp in two fields of the document. */
export function sourceOf({ fields = {}, vector, stamp }: Beside & { fields?: Fields }): Fields {
  return {
    ...fields,
    ...(vector === undefined ? {} : { log_vector: [...vector] }),
    ...(stamp === undefined ? {} : { log_vector_meta: stamp }),
  };
}

/** The same the other way round. */
export function besideIn(source: Fields | undefined): ReturnType<Read> {
  if (!source) return undefined;
  const { log_vector: vector, log_vector_meta: stamp, ...fields } = source;
  return {
    fields,
    ...(Array.isArray(vector) ? { vector: vector.map(Number) } : {}),
    ...(typeof stamp === "object" ? { stamp: stamp && { ...stamp } } : {}),
  };
}

type Read = (source: Fields | undefined) => (Beside & { fields: Fields }) | undefined;

type Hands = Pick<MemoryStore, "seed" | "arrive" | "read" | "change" | "remove">;

/** What the contract asks of the records' owner, by a store in memory. */
export function handsOf(store: Hands): Omit<StoreUnderTest, "store" | "vectors"> {
  const placed = ({ fields, vector, stamp, ...place }: Seed) => ({
    ...place,
    source: sourceOf({ fields, ...(vector && { vector }), ...(stamp !== undefined && { stamp }) }),
  });
  return {
    seed: async (records) => store.seed(records.map(placed)),
    arrive: async (records) => store.arrive(records.map(placed)),
    read: async (record: Place) => besideIn(store.read(record)),
    change: async (record, partial) => store.change(record, sourceOf(partial)),
    remove: async (record) => store.remove(record),
  };
}
