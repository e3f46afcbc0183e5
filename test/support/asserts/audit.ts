import assert from "node:assert/strict";
import { z } from "zod";
import { signer, textHash } from "../fakes/signer.ts";
import {
  DIMENSIONS,
  type OpenSearchFixture,
  type StoredDocument,
} from "../servers/open-search-fixture.ts";
import type { StubEmbeddingServer } from "../servers/stub-embedding-server.ts";
import { stubVector } from "../fakes/stub-vector.ts";

/** What the stub's vectors are stamped with, where the settings say nothing else. */
export const STUB_MODEL = "text-embedding-3-large";

type Json = Record<string, unknown>;

type Options = {
  stub: Pick<StubEmbeddingServer, "requests">;
  /** Messages that the embedder refuses: no vector, ever. Default: none. */
  poison?: (message: string) => boolean;
  /** What is embedded for a message. Default: the message. */
  textOf?: (message: string) => string;
  model?: string;
  dimensions?: number;
};

/** What became of the documents, each in one of the counts. */
type Counts = {
  vectors: number;
  /** Marked as refused. */
  refused: number;
  /** Marked as having nothing to embed. */
  empty: number;
  /** Neither a vector nor a mark. */
  bare: number;
};

/** Looks at the store itself, and not at what the command says of it. */
export type Audit = {
  /**
   * Every document is what it was but for our two fields, and those are right: its own text's vector with its stamp, or a
   * mark that it deserves. No index and no document came or went, but for those named by "index/id" as gone.
   */
  check(options?: { gone?: readonly string[] }): Promise<Counts>;
  /** Takes what somebody else changed since as given. */
  takeStock(): Promise<void>;
  /** Texts that were answered with a good vector, in this order, each as often as that. */
  paid(): string[];
  /** Fails where a text was paid for twice; returns how many were. */
  paidOnce(): number;
};

/** Takes stock of everything that bears the fixture's names. */
export async function openAudit(fixture: OpenSearchFixture, options: Options): Promise<Audit> {
  let before = await stockOf(fixture);
  const paid = () => paidTexts(options.stub);
  return {
    async check({ gone = [] } = {}) {
      const now = await stockOf(fixture);
      assert.deepEqual(now.indices, before.indices, "an index came or went");
      const left = [...before.documents.keys()].filter((key) => !gone.includes(key));
      assert.deepEqual([...now.documents.keys()].toSorted(), left.toSorted(), "documents");
      const counts: Counts = { vectors: 0, refused: 0, empty: 0, bare: 0 };
      for (const [key, document] of now.documents) {
        assert.deepEqual(others(document), others(before.documents.get(key)), `changed: ${key}`);
        counts[stateOf(document, options)]++;
      }
      return counts;
    },
    async takeStock() {
      before = await stockOf(fixture);
    },
    paid,
    paidOnce() {
      const texts = paid();
      const known = new Set<string>();
      const twice = texts.filter((text) => known.size === known.add(text).size);
      assert.deepEqual(twice, [], "paid for twice");
      return texts.length;
    },
  };
}

type Stock = { indices: string[]; documents: Map<string, StoredDocument> };

const namesShape = z.object({ indices: z.array(z.object({ name: z.string() })) });

async function stockOf({ send, documents, prefix, pattern }: OpenSearchFixture): Promise<Stock> {
  const all = `${pattern},.ds-${prefix}*?expand_wildcards=all`;
  const { indices } = namesShape.parse(await send("GET", `/_resolve/index/${all}`));
  return {
    indices: indices.map(({ name }) => name).toSorted(),
    documents: await documents(pattern),
  };
}

/** A document without what is ours. */
function others(document: StoredDocument | undefined): Json {
  const { log_vector: _, log_vector_meta: __, ...rest } = document?.source ?? {};
  return rest;
}

const isoDate = z.iso.datetime();
const stampShape = z.strictObject({
  model: z.string(),
  dimensions: z.int(),
  text_hash: z.string(),
  embedded_at: isoDate,
  truncated: z.boolean(),
  mac: z.string(),
  key: z.string(),
  text: z.string(),
  group: z.string().regex(/^[\da-f]{16}$/),
});
const basisShape = {
  field: z.string(),
  text_hash: z.string(),
  mac: z.string(),
  key: z.literal(signer.key),
};
const markShape = z.discriminatedUnion("skipped", [
  z.strictObject({ skipped: z.literal("empty"), ...basisShape }),
  z.strictObject({
    skipped: z.literal("refused"),
    ...basisShape,
    refused_by: z.string().optional(),
    token_limit: z.int().optional(),
    attempts: z.int().min(1),
    error: z.string().min(1),
    next_try: isoDate.optional(),
  }),
]);

function stateOf({ index, id, source }: StoredDocument, options: Options): keyof Counts {
  const { poison = () => false, textOf = (message) => message } = options;
  const where = `${index}/${id}`;
  const message = asText(source["message"]);
  const meta = metaOf(source["log_vector_meta"]);
  if (source["log_vector"] !== undefined && source["log_vector"] !== null) {
    assert.ok(!poison(message), `${where} is poison and has a vector`);
    assertVector(where, source["log_vector"], stampOf(where, meta), textOf(message), options);
    return "vectors";
  }
  if (Object.keys(meta).length === 0) return "bare";
  const mark = markShape.safeParse(meta);
  assert.ok(mark.success, `${where} has a strange mark: ${JSON.stringify(meta)}`);
  if (mark.data.skipped === "empty") assert.equal(message.trim(), "", `${where} has a text`);
  else assert.ok(poison(message), `${where} is good and quarantined: ${mark.data.error}`);
  return mark.data.skipped;
}

/** An update merges objects, so what is no longer so stands there as null. */
function metaOf(value: unknown): Json {
  const entries = Object.entries(z.record(z.string(), z.unknown()).nullish().parse(value) ?? {});
  return Object.fromEntries(entries.filter(([, entry]) => entry !== null));
}

function stampOf(where: string, meta: Json): z.infer<typeof stampShape> {
  const stamp = stampShape.safeParse(meta);
  assert.ok(stamp.success, `${where} has a strange stamp: ${JSON.stringify(meta)}`);
  return stamp.data;
}

function assertVector(
  where: string,
  vector: unknown,
  stamp: z.infer<typeof stampShape>,
  text: string,
  { stub, model = STUB_MODEL, dimensions = DIMENSIONS }: Options,
): void {
  const { embedded_at: embeddedAt, truncated, group: _group, ...signed } = stamp;
  const { mac: _, key: _key, text: _text, ...rest } = signed;
  assert.deepEqual(rest, { model, dimensions, text_hash: textHash(text) }, `stamp of ${where}`);
  assert.ok(Date.parse(embeddedAt) <= Date.now(), `${where} was embedded in the future`);
  const values = z.array(z.number()).parse(vector);
  assert.equal(values.length, dimensions, where);
  assert.ok(signer.holds(stamp, Float32Array.from(values)), `signature of ${where}`);
  const sent = truncated ? headsOf(text, stub) : [text];
  const own = sent.some((one) => isVectorOf(values, one));
  assert.ok(own, `another text's vector beside ${where}: ${text.slice(0, 200)}`);
}

/** What the embedder was sent of a text that was cut. */
function headsOf(text: string, { requests }: Options["stub"]): string[] {
  const sent = requests.flatMap(({ texts }) => texts);
  return sent.filter((one) => one.length < text.length && text.startsWith(one));
}

function isVectorOf(values: readonly number[], text: string): boolean {
  const wanted = stubVector(text, values.length);
  return values.every((value, i) => Math.abs(value - (wanted[i] ?? NaN)) < 1e-7);
}

function asText(message: unknown): string {
  return typeof message === "string" ? message : "";
}

/** Sent when all texts of a request were refused, to learn whether it is the texts that are to blame. */
const PROBE_TEXT = "connection refused";

function paidTexts({ requests }: Options["stub"]): string[] {
  return requests.flatMap(({ answered }) => answered).filter((text) => text !== PROBE_TEXT);
}
