import assert from "node:assert/strict";
import type { Stamp } from "../../src/domain/stamp.ts";
import type { StoredVector } from "../../src/ports/vector-index.ts";
import {
  A,
  assertNear,
  B,
  log,
  STAMP,
  vectorOf,
  type Promises,
  type Subject,
} from "./record-store-subject.ts";
import { signer, signed } from "../support/fakes/signer.ts";

const HASH = hashOf(1);
const { model, dimensions } = STAMP;

/** What every log store promises of vectors that stand beside equal texts. */
export function testReuse(contract: Promises): void {
  contract("finds vectors by text hash over all indices, each hash once", async (subject) => {
    await written(subject, [
      { log: log(A, 1), text: "one", text_hash: hashOf(1) },
      { log: log(B, 2), text: "one", text_hash: hashOf(1) },
      { log: log(B, 3), text: "three", text_hash: hashOf(3), truncated: true },
      { log: log(A, 4), text: "four", text_hash: hashOf(4) },
    ]);
    const found = await find(subject, [hashOf(1), hashOf(2), hashOf(3)]);
    assert.deepEqual([...found.keys()].toSorted(), [hashOf(1), hashOf(3)]);
    assertNear(found.get(hashOf(1))?.vector ?? new Float32Array(), vectorOf("one"));
    assertNear(found.get(hashOf(3))?.vector ?? new Float32Array(), vectorOf("three"));
    assert.equal(found.get(hashOf(1))?.truncated, false);
    assert.equal(found.get(hashOf(3))?.truncated, true);
  });

  contract("finds as many vectors as hashes were asked for", async (subject) => {
    const numbers = Array.from({ length: 230 }, (_, i) => i);
    await written(
      subject,
      numbers.map((i) => ({ log: log(i % 2 ? A : B, i), text: `${i}`, text_hash: hashOf(i) })),
    );
    const found = await find(subject, numbers.map(hashOf));
    for (const i of numbers) {
      assertNear(found.get(hashOf(i))?.vector ?? new Float32Array(), vectorOf(`${i}`));
    }
  });

  contract(
    "a vector that is reused again and again stays the same to the last bit",
    async (subject) => {
      await written(subject, [{ log: log(A, 1), text: "one", text_hash: HASH }]);
      const first = (await find(subject, [HASH])).get(HASH);
      assert.ok(first);
      await subject.remove({ index: A, id: "log-1" });
      await subject.seed([log(A, 2)]);
      await subject.store.survey(subject.signal);
      const record = (await subject.taken())("log-2");
      const stamp = signed({ ...STAMP, text_hash: HASH }, first.vector);
      await subject.write([{ record, vector: first.vector, stamp }]);
      await subject.visible(A);
      const second = (await find(subject, [HASH])).get(HASH);
      assert.deepEqual(second, first);
    },
  );

  contract("tells by which keys vectors are signed, index by index", async (subject) => {
    await written(subject, [
      { log: log(A, 1), text: "one", text_hash: hashOf(1) },
      { log: log(A, 2), text: "two", text_hash: hashOf(2) },
      { log: log(B, 3), text: "three", text_hash: hashOf(3) },
    ]);
    const vector = [...vectorOf("three")];
    const bare = { ...STAMP, text_hash: hashOf(3) };
    await subject.seed([
      { ...log(B, 4), vector, stamp: { ...bare, key: "0badc0de" } },
      { ...log(B, 5), vector, stamp: bare },
      { ...log(B, 6, { level: "INFO" }), vector, stamp: bare },
      log(B, 7),
    ]);
    const { rows, gaps } = await subject.store.countStampKeys([A, B], subject.signal);
    assert.deepEqual(
      rows.toSorted((a, b) => `${a.index} ${a.key}`.localeCompare(`${b.index} ${b.key}`)),
      [
        { index: A, key: signer.key, records: 2 },
        { index: B, key: "0badc0de", records: 1 },
        { index: B, key: signer.key, records: 1 },
        { index: B, key: null, records: 1 },
      ].toSorted((a, b) => `${a.index} ${a.key}`.localeCompare(`${b.index} ${b.key}`)),
    );
    assert.deepEqual(gaps, []);
  });

  for (const [what, other] of [
    ["another model", { model: "another-model" }],
    ["other dimensions", { dimensions: dimensions + 1 }],
    ["another text", { text_hash: hashOf(2) }],
  ] as const) {
    contract(`no vector of ${what} is handed out`, async (subject) => {
      await written(subject, [{ log: log(A, 1), text: "one", text_hash: HASH, ...other }]);
      assert.equal((await find(subject, [HASH])).size, 0);
    });
  }

  for (const [what, forge] of [
    ["without a signature", (stamp) => ({ ...stamp, mac: undefined, key: undefined })],
    ["with a signature of its own", (stamp) => ({ ...stamp, mac: "0".repeat(64) })],
    ["under another key", (stamp) => ({ ...stamp, key: "00000000" })],
    ["signed for another vector", (stamp) => ({ ...stamp, ...ofAnother("two", {}) })],
    [
      "signed for another text",
      (stamp) => ({ ...stamp, ...ofAnother("one", { text_hash: hashOf(2) }) }),
    ],
    ["signed as cut", (stamp) => ({ ...stamp, ...ofAnother("one", { truncated: true }) })],
  ] as const satisfies [string, (stamp: Stamp) => object][]) {
    contract(
      `a vector ${what} is handed out to nobody, whatever text it claims`,
      async (subject) => {
        const stamp = signed({ ...STAMP, text_hash: HASH }, vectorOf("one"));
        await subject.seed([log(A, 1)]);
        await subject.ready();
        const partial = { vector: [...vectorOf("one")], stamp: { ...forge(stamp) } };
        await subject.change({ index: A, id: "log-1" }, partial);
        await subject.visible(A);
        assert.equal((await find(subject, [HASH])).size, 0);
      },
    );
  }

  contract(
    "a stamp without its vector, and a mark, are no vectors",
    async (subject) => {
      await subject.seed([log(A, 1), log(A, 2)]);
      const taken = await subject.taken();
      await subject.write([{ record: taken("log-1"), mark: { skipped: "empty" } }]);
      const meta = signed({ ...STAMP, text_hash: HASH }, vectorOf("two"));
      await subject.change({ index: A, id: "log-2" }, { stamp: meta });
      await subject.visible(A);
      assert.equal((await find(subject, [HASH])).size, 0);
    },
    ["storesVectors"],
  );

  contract("finds no vectors where nothing is asked, or there is no index", async (subject) => {
    await subject.store.survey(subject.signal);
    assert.equal((await find(subject, [HASH])).size, 0);
    await subject.seed([log(A, 1)]);
    await subject.ready();
    assert.equal((await find(subject, [])).size, 0);
  });

  contract("an index whose vector has no mapping yet has none to find", async (subject) => {
    await subject.seed([log(A, 1)]);
    await subject.store.survey(subject.signal);
    assert.equal((await find(subject, [HASH])).size, 0);
    await written(subject, [{ log: log(A, 2), text: "one", text_hash: HASH }]);
    assert.equal((await find(subject, [HASH])).size, 1);
  });
}

type Written = { log: ReturnType<typeof log>; text: string } & Partial<Stamp>;

/** Seeds the logs and writes each the vector of its text, visible to search. */
async function written(subject: Subject, all: readonly Written[]): Promise<void> {
  await subject.seed(all.map((one) => one.log));
  const records = await subject.pending({ limit: 1000 });
  const recordOf = new Map(records.map((record) => [record.id, record]));
  const updates = all.map(({ log: { id }, text, ...changes }) => {
    const record = recordOf.get(id);
    assert.ok(record);
    const vector = vectorOf(text);
    return { record, vector, stamp: signed({ ...STAMP, ...changes }, vector) };
  });
  const statuses = await subject.write(updates);
  assert.ok(statuses.every((status) => status === "written"));
  await subject.visible(...new Set(records.map(({ index }) => index)));
}

function find(
  { vectors, signal }: Subject,
  textHashes: readonly string[],
): Promise<Map<string, StoredVector>> {
  return vectors.findVectors({ textHashes, model, dimensions, signer }, signal);
}

/** What a holder of the key would have signed for something else. */
function ofAnother(text: string, changes: Partial<Stamp>) {
  const stamp = { ...STAMP, text_hash: HASH, ...changes };
  return { mac: signed(stamp, vectorOf(text)).mac };
}

function hashOf(number: number): string {
  return number.toString(16).padStart(64, "0");
}
