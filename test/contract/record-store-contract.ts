import assert from "node:assert/strict";
import { suite, type TestContext } from "node:test";
import { NO_VERSION } from "../../src/domain/version.ts";
import { sumCoverage } from "../../src/domain/coverage.ts";
import { recordName, type LogRecord } from "../../src/domain/log-record.ts";
import type { StoreCapabilities } from "../../src/ports/record-store.ts";
import { testEmbedded } from "./record-store-embedded.ts";
import { testLocating } from "./record-store-locating.ts";
import { testMarks } from "./record-store-marks.ts";
import { testNearest } from "./record-store-nearest.ts";
import { testOtherModels } from "./record-store-other-models.ts";
import { testRefused } from "./record-store-refused.ts";
import { testReuse } from "./record-store-reuse.ts";
import { testAround } from "./record-store-around.ts";
import { testWords } from "./record-store-words.ts";
import {
  A,
  assertNear,
  B,
  CONTRACT,
  EMPTY,
  ids,
  log,
  NONE,
  promisesOf,
  STAMP,
  timeOf,
  VECTOR,
  vectorOf,
  type StoreUnderTest,
} from "./record-store-subject.ts";

/** What every log store promises. The factory makes an empty one and cleans up after the test it is given. */
export function testRecordStoreContract(
  name: string,
  capabilities: StoreCapabilities,
  create: (t: TestContext) => Promise<StoreUnderTest>,
): void {
  const contract = promisesOf(capabilities, create);

  suite(`record store contract: ${name}`, () => {
    contract("says what it is", async ({ store, signal }) => {
      const info = await store.info(signal);
      assert.notEqual(store.name, "");
      for (const said of Object.values(info)) assert.notEqual(said, "");
    });

    contract("surveys the indices that are there", async (subject) => {
      await subject.seed([log(A, 1), log(B, 2)]);
      const survey = await subject.store.survey(subject.signal);
      assert.deepEqual(survey.fit.map(({ index }) => index).toSorted(), [A, B]);
      assert.deepEqual(survey.unfit, []);
      assert.deepEqual((await subject.store.prepare([A, B], subject.signal)).refused, []);
      const { fit } = await subject.store.survey(subject.signal);
      assert.ok(fit.every(({ mapped }) => mapped));
    });

    contract(
      "finds pending records newest first over several indices",
      async (subject) => {
        await subject.seed([log(A, 1), log(B, 4), log(A, 3), log(B, 2), log(A, 5)]);
        assert.deepEqual(ids(await subject.pending()), [
          "log-5",
          "log-4",
          "log-3",
          "log-2",
          "log-1",
        ]);
        assert.deepEqual(ids(await subject.pending({ limit: 2 })), ["log-5", "log-4"]);
        const [first] = await subject.pending();
        assert.ok(first);
        const { index, text, level, timestamp } = first;
        assert.deepEqual(
          { index, text, level, timestamp },
          { index: A, text: "error 5", level: "ERROR", timestamp: timeOf(5) },
        );
      },
      ["ordered"],
    );

    contract(
      "hands out the head of a text that is too long, wherever it is read",
      async (subject) => {
        const { maxTextBytes } = CONTRACT;
        const long = `${"ü".repeat(maxTextBytes / 2 - 1)}a😀 and so on`;
        const head = `${"ü".repeat(maxTextBytes / 2 - 1)}a`;
        await subject.seed([log(A, 1, { message: long }), log(A, 2)]);
        const take = await subject.taken();
        const record = take("log-1");
        assert.deepEqual([record.text, record.cut], [head, true]);
        assert.equal(take("log-2").cut, undefined);
        await subject.change({ index: A, id: "log-1" }, { fields: { note: "changed" } });
        const [look] = await subject.store.readCurrent([record], subject.signal);
        assert.partialDeepStrictEqual(look, { record: { text: head, cut: true } });
        const [there] = await subject.store.locate([{ index: A, id: "log-1" }], subject.signal);
        assert.partialDeepStrictEqual(there, { record: { text: head, cut: true } });
        await using scan = await subject.store.openScan(A, subject.signal);
        const scanned = (await scan.next(10, subject.signal)).find(({ id }) => id === "log-1");
        assert.partialDeepStrictEqual(scanned, { text: head, cut: true });
      },
    );

    contract(
      "hands out no more of one index than was asked for",
      async (subject) => {
        await subject.seed([log(A, 5), log(A, 4), log(A, 3), log(B, 2), log(B, 1), log(B, 0)]);
        assert.deepEqual(ids(await subject.pending({ limit: 4, perIndex: 2 })), [
          "log-5",
          "log-4",
          "log-2",
          "log-1",
        ]);
        assert.deepEqual(ids(await subject.pending({ limit: 2, perIndex: 2 })), ["log-5", "log-4"]);
      },
      ["ordered"],
    );

    contract("finds nothing where nothing is asked", async (subject) => {
      await subject.seed([log(A, 1)]);
      await subject.ready();
      const query = { indices: [], limit: 10, excludeKeys: [] };
      const { records } = await subject.store.findPending(query, subject.signal);
      assert.deepEqual(records, []);
      assert.deepEqual((await subject.store.coverage({ indices: [] }, subject.signal)).rows, []);
      assert.deepEqual(await subject.store.readCurrent([], subject.signal), []);
      assert.deepEqual(await subject.store.write([], subject.signal), []);
      await subject.visible();
    });

    contract(
      "leaves out the excluded records, and none of their ids elsewhere",
      async (subject) => {
        await subject.seed([log(A, 1), log(A, 2), log(B, 2), log(B, 3)]);
        const key = await subject.keys();
        const excludeKeys = [key(A, "log-2"), key(B, "log-3"), key(A, "log-3"), "gone#uuid/log-1"];
        const found = await subject.pending({ excludeKeys });
        assert.deepEqual(found.map(recordName).toSorted(), [`${A}/log-1`, `${B}/log-2`]);
      },
    );

    contract("takes the wanted levels in any case, and no others", async (subject) => {
      const levels = ["ERROR", "error", "Error", "WARN", "INFO", "ERRORS"];
      await subject.seed(levels.map((level, i) => log(A, i, { level })));
      assert.deepEqual(ids(await subject.pending()).toSorted(), ["log-0", "log-1", "log-2"]);
    });

    contract(
      "a blank message is pending; a missing, null or empty list is not",
      async (subject) => {
        const { message: _, ...without } = log(A, 5).fields;
        await subject.seed([
          log(A, 1, { message: "" }),
          log(A, 2, { message: "  \n" }),
          log(A, 3, { message: null }),
          log(A, 4, { message: [] }),
          { index: A, id: "log-5", fields: without },
          log(A, 6),
        ]);
        const found = await subject.pending();
        assert.deepEqual(
          new Map(found.map(({ id, text }) => [id, text.trim()])),
          new Map(Object.entries({ "log-1": "", "log-2": "", "log-6": "error 6" })),
        );
      },
    );

    contract("looks: missing, unchanged, and changed since", async (subject) => {
      await subject.seed([log(A, 1), log(A, 2), log(B, 3)]);
      const taken = await subject.taken();
      const changed = taken("log-1");
      const gone = taken("log-2");
      const same = taken("log-3");
      await subject.change({ index: A, id: "log-1" }, { fields: { message: "another text" } });
      await subject.remove({ index: A, id: "log-2" });
      const looks = await subject.store.readCurrent([same, changed, gone], subject.signal);
      assert.deepEqual(looks[0], { state: "unchanged" });
      assert.deepEqual(looks[2], { state: "missing" });
      const [, look] = looks;
      assert.ok(look?.state === "current");
      assert.equal(look.changed, true);
      assert.equal(look.record.text, "another text");
      assert.notEqual(look.record.version, changed.version);
      assert.equal(look.vector, undefined);
    });

    contract("looks at a document with fields of an attack as at any other", async (subject) => {
      await subject.seed([log(A, 1), log(A, 2)]);
      const taken = await subject.taken();
      const probe: unknown = JSON.parse('{"__proto__": "a", "constructor": {"prototype": "b"}}');
      await subject.change({ index: A, id: "log-1" }, { fields: { http: probe } });
      await subject.change({ index: A, id: "log-2" }, { fields: { message: "another text" } });
      const looks = await subject.store.readCurrent(
        [taken("log-1"), taken("log-2")],
        subject.signal,
      );
      assert.deepEqual(
        looks.map((look) => look.state === "current" && look.record.text),
        ["error 1", "another text"],
      );
    });

    contract("looks past the refresh: sees a vector just written", async (subject) => {
      await subject.seed([log(A, 1)]);
      const taken = await subject.taken();
      const record = taken("log-1");
      const vector = vectorOf("error 1");
      await subject.write([{ record, vector, stamp: STAMP }]);
      const [look] = await subject.store.readCurrent([record], subject.signal);
      assert.ok(look?.state === "current");
      assert.equal(look.changed, true);
      assert.ok(look.vector);
      assertNear(look.vector, vector);
      assert.equal(look.record.stamp?.["text_hash"], STAMP.text_hash);
    });

    contract(
      "reads a document of which only the name is known, past the refresh",
      async (subject) => {
        await subject.seed([log(A, 1)]);
        const taken = await subject.taken();
        const vector = vectorOf("error 1");
        await subject.write([{ record: taken("log-1"), vector, stamp: STAMP }]);
        const named = { index: A, version: NO_VERSION, text: "" };
        const [look, gone] = await subject.store.readCurrent(
          [
            { ...named, id: "log-1" },
            { ...named, id: "log-2" },
          ],
          subject.signal,
        );
        assert.ok(look?.state === "current" && look.vector);
        assertNear(look.vector, vector);
        assert.equal(look.record.text, "error 1");
        assert.equal(look.record.stamp?.["text_hash"], STAMP.text_hash);
        assert.deepEqual(gone, { state: "missing" });
      },
    );

    contract(
      "reads anew what carries a stamp though it has no vector",
      async (subject) => {
        await subject.seed([log(A, 1)]);
        await subject.ready();
        await subject.change({ index: A, id: "log-1" }, { stamp: STAMP });
        await subject.visible(A);
        const taken = await subject.taken();
        const record = taken("log-1");
        const [look] = await subject.store.readCurrent([record], subject.signal);
        assert.ok(look?.state === "current");
        assert.equal(look.changed, false);
        assert.equal(look.vector, undefined);
      },
      ["storesVectors"],
    );

    contract("writes vector and stamp, and touches no other field", async (subject) => {
      const fields = { ...log(A, 1).fields, host: { name: "web-1" }, tags: ["a", "b"], n: 1.5 };
      await subject.seed([{ index: A, id: "log-1", fields }]);
      const taken = await subject.taken();
      const record = taken("log-1");
      const vector = vectorOf("error 1");
      assert.deepEqual(await subject.write([{ record, vector, stamp: STAMP }]), ["written"]);
      const stored = await subject.read(record);
      assert.ok(stored);
      assert.deepEqual(stored.fields, fields);
      assert.deepEqual(stored.stamp, STAMP);
      assertNear(Float32Array.from(stored.vector ?? []), vector);
    });

    contract("a record that changed since it was read is skipped", async (subject) => {
      await subject.seed([log(A, 1)]);
      const taken = await subject.taken();
      const record = taken("log-1");
      await subject.change(record, { fields: { message: "another text" } });
      const before = await subject.read(record);
      assert.deepEqual(await subject.write([{ record, ...VECTOR }]), ["conflicted"]);
      assert.deepEqual(await subject.read(record), before);
    });

    contract("a record that is gone stays gone", async (subject) => {
      await subject.seed([log(A, 1), log(A, 2)]);
      const taken = await subject.taken();
      const record = taken("log-1");
      const other = taken("log-2");
      await subject.remove(record);
      const lost: LogRecord = { ...other, index: "contract_gone" };
      const results = await subject.write([
        { record, ...VECTOR },
        { record: lost, ...VECTOR },
      ]);
      assert.deepEqual(results, ["missing", "missing"]);
      assert.equal(await subject.read(record), undefined);
      const { fit, unfit } = await subject.store.survey(subject.signal);
      assert.deepEqual(
        [...fit, ...unfit].map(({ index }) => index),
        [A],
      );
    });

    contract("writes by the document's shard key", async (subject) => {
      await subject.seed([{ ...log(A, 1), shardKey: "tenant-7" }]);
      const taken = await subject.taken();
      const record = taken("log-1");
      assert.equal(record.shardKey, "tenant-7");
      assert.deepEqual(await subject.store.readCurrent([record], subject.signal), [
        { state: "unchanged" },
      ]);
      assert.deepEqual(await subject.write([{ record, ...VECTOR }]), ["written"]);
      assert.ok((await subject.read(record))?.vector);
    });

    contract("what is marked is pending no more and counts as without text", async (subject) => {
      await subject.seed([log(A, 1, { message: " " }), log(A, 2)]);
      const taken = await subject.taken();
      const blank = taken("log-1");
      assert.deepEqual(await subject.write([{ record: blank, mark: EMPTY }]), ["written"]);
      assert.deepEqual((await subject.read(blank))?.stamp, EMPTY);
      await subject.visible(A);
      assert.deepEqual(ids(await subject.pending()), ["log-2"]);
      const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
      assert.deepEqual(rows, [
        {
          ...NONE,
          index: A,
          records: 2,
          vectorized: 0,
          pending: 1,
          quarantined: 0,
          withoutText: 1,
        },
      ]);
    });

    contract("what is written is pending no more after a refresh", async (subject) => {
      await subject.seed([log(A, 1), log(B, 2), log(B, 3)]);
      const taken = await subject.taken();
      const one = taken("log-1");
      const two = taken("log-2");
      const updates = [one, two].map((record) => ({ record, ...VECTOR }));
      assert.deepEqual(await subject.write(updates), ["written", "written"]);
      await subject.visible(A, B);
      assert.deepEqual(ids(await subject.pending()), ["log-3"]);
    });

    contract("coverage counts every wanted record once", async (subject) => {
      await subject.seed([
        ...[1, 2, 3, 4].map((number) => log(A, number)),
        log(A, 5, { message: null }),
        log(A, 6, { level: "INFO" }),
        log(B, 7),
      ]);
      const taken = await subject.taken();
      const records = [taken("log-1"), taken("log-2")];
      await subject.write(records.map((record) => ({ record, ...VECTOR })));
      await subject.visible(A, B);
      const { rows, gaps } = await subject.store.coverage({ indices: [A, B] }, subject.signal);
      assert.deepEqual(gaps, []);
      assert.deepEqual(rows, [
        {
          ...NONE,
          index: A,
          records: 5,
          vectorized: 2,
          pending: 2,
          quarantined: 0,
          withoutText: 1,
        },
        {
          ...NONE,
          index: B,
          records: 1,
          vectorized: 0,
          pending: 1,
          quarantined: 0,
          withoutText: 0,
        },
      ]);
      const sum = sumCoverage(rows);
      assert.equal(sum.records, sum.vectorized + sum.pending + sum.withoutText);
    });

    contract("counts the levels of the records that are not of a wanted one", async (subject) => {
      await subject.seed([
        log(A, 1),
        log(A, 2, { level: "error" }),
        ...[3, 4].map((number) => log(A, number, { level: "ERROR " })),
        log(A, 5, { level: "E" }),
        ...[6, 7, 8].map((number) => log(B, number, { level: "INFO" })),
      ]);
      await subject.ready();
      const counted = await subject.store.otherLevels([A, B], subject.signal);
      assert.deepEqual(counted, {
        values: [
          { field: "level", value: "INFO", records: 3 },
          { field: "level", value: "ERROR ", records: 2 },
          { field: "level", value: "E", records: 1 },
        ],
        truncated: false,
        gaps: [],
        uncounted: [],
      });
      assert.deepEqual((await subject.store.otherLevels([], subject.signal)).values, []);
    });

    contract(
      "coverage says since when the oldest is pending, where it is asked for",
      async (subject) => {
        await subject.seed([log(A, 1), log(A, 2), log(A, 3), log(B, 4)]);
        const taken = await subject.taken();
        const records = [taken("log-1"), taken("log-4")];
        await subject.write(records.map((record) => ({ record, ...VECTOR })));
        await subject.visible(A, B);
        const query = { indices: [A, B], oldest: true };
        const { rows } = await subject.store.coverage(query, subject.signal);
        const oldest = Date.parse(taken("log-2").timestamp ?? "");
        assert.deepEqual(
          rows.map(({ oldestPendingAt }) => oldestPendingAt),
          [oldest, undefined],
        );
      },
    );

    contract(
      "what was refused is quarantined until its next try, and a vector ends that",
      async (subject) => {
        await subject.seed([log(A, 1), log(A, 2), log(A, 3)]);
        const taken = await subject.taken();
        const refused = { ...EMPTY, skipped: "refused", attempts: 1, error: "no" } as const;
        const marks = [
          { ...refused, next_try: "2999-01-01T00:00:00.000Z" },
          { ...refused, next_try: "2020-01-01T00:00:00.000Z" },
          refused,
        ];
        const updates = marks.map((mark, i) => ({ record: taken(`log-${i + 1}`), mark }));
        assert.deepEqual(await subject.write(updates), ["written", "written", "written"]);
        await subject.visible(A);
        const pending = await subject.pending();
        assert.deepEqual(ids(pending), ["log-2"]);
        const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
        assert.partialDeepStrictEqual(rows, [{ pending: 1, quarantined: 2, withoutText: 0 }]);
        const [due] = pending;
        assert.ok(due);
        assert.deepEqual(await subject.write([{ record: due, ...VECTOR }]), ["written"]);
        await subject.visible(A);
        assert.deepEqual(ids(await subject.pending()), []);
        const after = await subject.store.coverage({ indices: [A] }, subject.signal);
        assert.partialDeepStrictEqual(after.rows, [{ vectorized: 1, quarantined: 2 }]);
      },
    );

    contract("locates documents by id at once, in the order asked", async (subject) => {
      await subject.seed([log(A, 1), log(B, 2)]);
      await subject.ready();
      await subject.change({ index: A, id: "log-1" }, { fields: { message: "changed since" } });
      const targets = [
        { id: "log-2", index: B },
        { id: "log-9", index: A },
        { id: "log-1", index: A },
        { id: "log-1", index: "contract_nowhere" },
        { id: "log-2", index: A },
        { id: "log-2" },
      ];
      const located = await subject.store.locate(targets, subject.signal);
      assert.deepEqual(
        located.map((one) => (one.state === "found" ? one.record.text : one)),
        [
          "error 2",
          { state: "missing", unknownIndex: false },
          "changed since",
          { state: "missing", unknownIndex: true },
          { state: "missing", unknownIndex: false },
          "error 2",
        ],
      );
      assert.deepEqual(await subject.store.locate([], subject.signal), []);
    });

    contract(
      "locates documents by the log's own id in a field, and writes them",
      async (subject) => {
        await subject.seed([log(A, 1, { log_id: "own-1" }), log(B, 2, { log_id: "own-2" })]);
        await subject.ready();
        const targets = [{ id: "own-2", index: B }, { id: "own-1" }, { id: "own-1", index: B }];
        const [two, one, none] = await subject.store.locate(targets, subject.signal);
        assert.deepEqual(none, { state: "missing", unknownIndex: false });
        assert.ok(one?.state === "found" && two?.state === "found");
        assert.deepEqual([one.record.id, two.record.id], ["log-1", "log-2"]);
        const updates = [one, two].map(({ record }) => ({ record, ...VECTOR }));
        assert.deepEqual(await subject.write(updates), ["written", "written"]);
        const again = await subject.store.locate(targets, subject.signal);
        for (const found of again.slice(0, 2)) {
          assert.ok(found.state === "found" && found.current.state === "current");
          assert.equal(found.current.changed, true);
          assert.equal(found.current.vector?.length, CONTRACT.dimensions);
        }
      },
    );

    contract("a scan goes through everything once and ends", async (subject) => {
      const numbers = Array.from({ length: 23 }, (_, i) => i);
      await subject.seed([...numbers.map((n) => log(A, n)), log(A, 90, { level: "INFO" })]);
      await subject.seed([log(B, 91)]);
      await subject.ready();
      await using scan = await subject.store.openScan(A, subject.signal);
      const sizes: number[] = [];
      const seen: string[] = [];
      for (;;) {
        const page = await scan.next(10, subject.signal);
        sizes.push(page.length);
        if (page.length === 0) break;
        seen.push(...ids(page));
      }
      assert.deepEqual(sizes, [10, 10, 3, 0]);
      assert.deepEqual(seen.toSorted(), numbers.map((n) => `log-${n}`).toSorted());
    });

    contract("a scan does not see what came after it was opened", async (subject) => {
      await subject.seed([log(A, 1), log(A, 2)]);
      const taken = await subject.taken();
      const record = taken("log-2");
      await using scan = await subject.store.openScan(A, subject.signal);
      assert.equal((await scan.next(1, subject.signal)).length, 1);
      await subject.seed([log(A, 3)]);
      await subject.write([{ record, ...VECTOR }]);
      await subject.visible(A);
      assert.equal((await scan.next(10, subject.signal)).length, 1);
      assert.deepEqual(await scan.next(10, subject.signal), []);
    });

    contract("gives mixed results in the order of the updates", async (subject) => {
      const numbers = [1, 2, 3, 4, 5];
      await subject.seed(numbers.map((n) => log(n % 2 ? A : B, n)));
      const taken = await subject.taken();
      const stale = taken("log-1");
      const good = taken("log-2");
      const gone = taken("log-3");
      const other = taken("log-4");
      const marked = taken("log-5");
      await subject.change(stale, { fields: { message: "changed" } });
      await subject.remove(gone);
      const results = await subject.write([
        { record: stale, ...VECTOR },
        { record: good, ...VECTOR },
        { record: gone, ...VECTOR },
        { record: other, ...VECTOR },
        { record: marked, mark: EMPTY },
      ]);
      assert.deepEqual(results, ["conflicted", "written", "missing", "written", "written"]);
      assert.ok((await subject.read(other))?.vector);
    });

    contract("a probe allows updates and changes nothing", async (subject) => {
      await subject.seed([log(A, 1)]);
      await subject.ready();
      const before = await subject.read({ index: A, id: "log-1" });
      const probes = await subject.store.probeWritable([A], subject.signal);
      assert.deepEqual(probes, [{ index: A, allowed: true }]);
      await subject.visible(A);
      const { rows } = await subject.store.coverage({ indices: [A] }, subject.signal);
      assert.equal(rows[0]?.records, 1);
      assert.deepEqual(await subject.read({ index: A, id: "log-1" }), before);
    });

    testLocating(contract);
    testMarks(contract);
    testEmbedded(contract);
    testReuse(contract);
    testNearest(contract);
    testWords(contract);
    testAround(contract);
    testRefused(contract);
    testOtherModels(contract);
  });
}
