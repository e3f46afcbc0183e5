import type { Update, WriteResult } from "../../../src/ports/record-store.ts";
import {
  META_FIELD,
  stampOf,
  VECTOR_FIELD,
  versionOf,
  type Doc,
  type Source,
} from "./documents.ts";

type DocumentName = { index: string; id: string };
export type MemoryDocument = DocumentName & {
  source: Source;
  shardKey?: string;
  /** Search does not see its vector: it was written before the mapping. */
  unindexed?: boolean;
};

/** Documents of one index: written at once, seen by search after a refresh. */
export type Index = {
  /** Differs for a later index of the same name. */
  readonly uuid: string;
  live: Map<string, Doc>;
  /** As of the last refresh. */
  seen: Map<string, Doc>;
  /** Ids changed since then. */
  unseen: Set<string>;
  nextSeqNo: number;
};

export type Indices = ReadonlyMap<string, Index>;

/** Actions of the documents' owner. */
export type OwnerActions = {
  createIndex(name: string): void;
  dropIndex(name: string): void;
  /** Adds documents that search sees at once. */
  seed(documents: readonly MemoryDocument[]): void;
  /** Adds documents that search sees after a refresh. */
  arrive(documents: readonly MemoryDocument[]): void;
  /** The current document, refreshed or not. */
  read(document: DocumentName): Source | undefined;
  /** A partial update, seen by search after a refresh. */
  change(document: DocumentName, partial: Source): void;
  remove(document: DocumentName): void;
};

export function ownerActions(indices: Map<string, Index>): OwnerActions {
  const timesMade = new Map<string, number>();
  const indexOf = (name: string): Index => {
    const known = indices.get(name);
    if (known) return known;
    const times = (timesMade.get(name) ?? 0) + 1;
    timesMade.set(name, times);
    const index: Index = {
      uuid: `uuid-${times}`,
      live: new Map(),
      seen: new Map(),
      unseen: new Set(),
      nextSeqNo: 0,
    };
    indices.set(name, index);
    return index;
  };
  const add = ({ index, id, source, shardKey, unindexed = false }: MemoryDocument): Doc => {
    const doc = { id, source, unindexed, ...(shardKey === undefined ? {} : { shardKey }) };
    return put(indexOf(index), doc);
  };
  return {
    createIndex: (name) => void indexOf(name),
    dropIndex: (name) => void indices.delete(name),
    seed(documents) {
      for (const document of documents)
        indexOf(document.index).seen.set(document.id, add(document));
    },
    arrive: (documents) => documents.forEach(add),
    read: ({ index, id }) => indices.get(index)?.live.get(id)?.source,
    change({ index: name, id }, partial) {
      const index = indexOf(name);
      const doc = index.live.get(id);
      if (!doc) throw new Error(`${name}/${id} is not there to be changed`);
      put(index, { ...doc, source: { ...doc.source, ...partial } });
    },
    remove({ index: name, id }) {
      const index = indexOf(name);
      index.live.delete(id);
      index.unseen.add(id);
    },
  };
}

function put(index: Index, doc: Omit<Doc, "seqNo">): Doc {
  const stored = { ...doc, seqNo: index.nextSeqNo++ };
  index.live.set(doc.id, stored);
  index.unseen.add(doc.id);
  return stored;
}

export function writeTo(indices: Indices, update: Update): WriteResult {
  const { record } = update;
  const index = indices.get(record.index);
  const doc = index?.live.get(record.id);
  if (!index || !doc) return { status: "missing" };
  if (versionOf(doc) !== record.version) return { status: "conflicted" };
  const own =
    "group" in update
      ? { [META_FIELD]: { ...stampOf(doc), group: update.group } }
      : "vector" in update
        ? { [VECTOR_FIELD]: [...update.vector], [META_FIELD]: { ...update.stamp } }
        : {
            [META_FIELD]: "mark" in update ? { ...update.mark } : null,
            ...(record.textChanged && { [VECTOR_FIELD]: null }),
          };
  put(index, { ...doc, source: { ...doc.source, ...own }, unindexed: false });
  return { status: "written" };
}

export function refreshIndex(index: Index | undefined): void {
  if (!index) return;
  for (const id of index.unseen) {
    const doc = index.live.get(id);
    if (doc) index.seen.set(id, doc);
    else index.seen.delete(id);
  }
  index.unseen.clear();
}
