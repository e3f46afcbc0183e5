import { isDeepStrictEqual } from "node:util";
import { createToText } from "../../src/pipeline/text.ts";
import { textHash } from "../../test/support/fakes/signer.ts";
import { count } from "../../src/domain/count.ts";
import { stubVector } from "../../test/support/fakes/stub-vector.ts";
import type { Cluster, StoredLog } from "./cluster.ts";
import { isPoison, type Shipped } from "./shipper.ts";
import { DIMENSIONS, INDICES } from "./world.ts";

type Json = Record<string, unknown>;

/** What the embedder is sent of a message. */
const toText = createToText({ redaction: "secrets", form: "message" });

/** What the documents are, each in one of the counts. */
type StoreCounts = {
  documents: number;
  vectors: number;
  refused: number;
  empty: number;
  passed_over: number;
  /** Records that should have a vector and have none. */
  without_vector: number;
};

/** Reads every document and compares it with what was shipped; what is wrong goes to `wrong`. */
export async function auditStore(
  cluster: Cluster,
  shipped: ReadonlyMap<string, Shipped>,
  wrong: (what: string) => void,
): Promise<{ counts: StoreCounts; embeddedAt: Map<string, number> }> {
  const embeddedAt = new Map<string, number>();
  const counts: StoreCounts = {
    documents: 0,
    vectors: 0,
    refused: 0,
    empty: 0,
    passed_over: 0,
    without_vector: 0,
  };
  const seen = new Set<string>();
  for (const index of INDICES) {
    for await (const page of cluster.readAll(index)) {
      for (const stored of page) {
        const origin = shipped.get(stored.id);
        if (!origin || origin.index !== index || seen.has(stored.id)) {
          wrong(`${index}/${stored.id} was shipped by nobody`);
          continue;
        }
        seen.add(stored.id);
        counts.documents++;
        counts[judge(stored, origin, wrong)]++;
        noteTime(embeddedAt, toText(origin.log.message), stored.source["log_vector_meta"]);
      }
    }
  }
  if (seen.size !== shipped.size) wrong(`gone: ${count(shipped.size - seen.size, "document")}`);
  return { counts, embeddedAt };
}

/** By text: since when a document has its vector, in milliseconds since the epoch. */
function noteTime(embeddedAt: Map<string, number>, text: string, meta: unknown): void {
  const at = Date.parse(String(withoutNulls(meta)?.["embedded_at"]));
  if (at < (embeddedAt.get(text) ?? Infinity)) embeddedAt.set(text, at);
}

function judge(
  { index, id, source }: StoredLog,
  shipped: Shipped,
  wrong: (what: string) => void,
): keyof StoreCounts {
  const { sort, log } = shipped;
  const { log_vector: vector, log_vector_meta: meta, ...rest } = source;
  const said = (what: string) => wrong(`${index}/${id} (${sort}): ${what}`);
  if (!isDeepStrictEqual(rest, { ...log })) said("a field that is not ours was changed");
  const stamp = withoutNulls(meta);
  if (vector === undefined || vector === null) {
    if (sort === "info") {
      if (stamp) said(`it was not to be touched: ${JSON.stringify(stamp)}`);
      return "passed_over";
    }
    const skipped = stamp?.["skipped"];
    const expected = expectedMark(shipped);
    if (expected === undefined || skipped !== expected) {
      said(`no vector, ${JSON.stringify(stamp ?? "and no mark")}`);
      return "without_vector";
    }
    return expected;
  }
  if (expectedMark(shipped) || sort === "info") said("it has a vector");
  const text = toText(log.message);
  if (!isVectorOf(vector, text)) said("its vector is of another text");
  checkStamp(stamp, text, said);
  return "vectors";
}

function expectedMark({ sort, log }: Shipped): "refused" | "empty" | undefined {
  if (isPoison(log.message)) return "refused";
  return sort === "empty" ? "empty" : undefined;
}

/** An update merges objects, so what is no longer so stands there as null. */
function withoutNulls(meta: unknown): Json | undefined {
  if (typeof meta !== "object" || meta === null) return undefined;
  const entries = Object.entries(meta).filter(([, value]) => value !== null);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}

function checkStamp(stamp: Json | undefined, text: string, said: (what: string) => void): void {
  const { embedded_at: at, mac: _, key: _key, text: _text, ...rest } = stamp ?? {};
  const expected = {
    model: "text-embedding-3-large",
    dimensions: DIMENSIONS,
    text_hash: textHash(text),
    truncated: false,
  };
  if (!isDeepStrictEqual(rest, expected)) said(`a strange stamp: ${JSON.stringify(stamp)}`);
  if (typeof at !== "string" || !(Date.parse(at) <= Date.now())) said(`embedded at ${String(at)}`);
}

function isVectorOf(values: unknown, text: string): boolean {
  const wanted = stubVector(text, DIMENSIONS);
  return (
    Array.isArray(values) &&
    values.length === wanted.length &&
    wanted.every((value, i) => Math.abs(Number(values[i]) - value) < 1e-7)
  );
}
