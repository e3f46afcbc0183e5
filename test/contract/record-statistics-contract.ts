import assert from "node:assert/strict";
import { suite, type TestContext } from "node:test";
import type { RecordStatistics, StatisticsScope } from "../../src/ports/record-statistics.ts";
import {
  A,
  ALL_CAPABILITIES,
  B,
  log,
  promisesOf,
  timeOf,
  type Fields,
  type StoreUnderTest,
  type Subject,
} from "./record-store-subject.ts";

type Counted = Subject & { statistics: RecordStatistics };
const MINUTE = 60_000;
const ALL = { from: ms(0), to: ms(1000) };

/** What every store promises that counts and samples all its records. */
export function testRecordStatisticsContract(
  name: string,
  create: (t: TestContext) => Promise<StoreUnderTest & { statistics: RecordStatistics }>,
): void {
  let statistics: RecordStatistics | undefined;
  const contract = promisesOf(ALL_CAPABILITIES, async (t) => {
    const under = await create(t);
    ({ statistics } = under);
    return under;
  });
  const promise = (what: string, run: (subject: Counted) => Promise<void>) =>
    contract(what, (subject) => {
      assert.ok(statistics);
      return run({ ...subject, statistics });
    });

  suite(`record statistics contract: ${name}`, () => {
    promise("counts all records of a time by level and service, in any case", async (subject) => {
      await seed(subject, [
        [A, 1, { level: "error", "service.name": "orders" }],
        [A, 2, { level: "ERROR", "service.name": "orders" }],
        [B, 3, { level: "Info", "service.name": "billing" }],
        [B, 4, { level: "WARN" }],
        [A, 1000, { level: "ERROR", "service.name": "orders" }],
      ]);
      const { rows, ...counted } = await subject.statistics.countByTraits(
        await scopeOf(subject),
        subject.signal,
      );
      assert.deepEqual(counted, { records: 4, errors: 2, leftOut: [], gaps: [] });
      assert.deepEqual(
        rows
          .map(({ level, service, records }) => [level, service, records])
          .toSorted((a, b) => (String(a) < String(b) ? -1 : 1)),
        [
          ["ERROR", "orders", 2],
          ["INFO", "billing", 1],
          ["WARN", undefined, 1],
        ],
      );
    });

    promise("counts each span with its beginning and without its end", async (subject) => {
      await seed(subject, [
        [A, 1, {}],
        [B, 2, {}],
        [B, 2, { level: "INFO" }, "also-2"],
        [A, 3, {}],
      ]);
      const spans = [
        { from: ms(1), to: ms(2) },
        { from: ms(2), to: ms(3) },
        { from: ms(5), to: ms(9) },
      ];
      const scope = await scopeOf(subject);
      const counted = await subject.statistics.countSpans(scope, spans, subject.signal);
      assert.deepEqual(counted, { counts: [1, 2, 0], gaps: [] });
      const none = await subject.statistics.countSpans(scope, [], subject.signal);
      assert.deepEqual(none, { counts: [], gaps: [] });
    });

    promise("samples each record once, and says what it is", async (subject) => {
      await seed(subject, [
        [A, 1, { level: "ERROR", "service.name": "orders" }],
        [B, 2, { level: "info", "service.name": "billing" }],
        [B, 3, { level: "DEBUG" }],
      ]);
      const spans = [{ from: ms(2), to: ms(2) + MINUTE }];
      const query = { size: 10, seed: 1, spans };
      const scope = await scopeOf(subject);
      const sample = await subject.statistics.sampleRecords(scope, query, subject.signal);
      const { rows, ...rest } = sample;
      assert.deepEqual(rest, { whole: true, gaps: [] });
      assert.deepEqual(
        rows.toSorted((a, b) => (String(a.level) < String(b.level) ? -1 : 1)),
        [
          { level: "DEBUG", isError: false, inSpans: false },
          { level: "ERROR", service: "orders", isError: true, inSpans: false },
          { level: "INFO", service: "billing", isError: false, inSpans: true },
        ],
      );
    });

    promise(
      "every record has its chance, and a seed takes the same ones again",
      async (subject) => {
        await seed(
          subject,
          Array.from({ length: 20 }, (_, i): Seeded => {
            return [i % 4 === 0 ? A : B, i, { "service.name": `service-${i}` }];
          }),
        );
        const scope = await scopeOf(subject);
        const taken = new Map<string | undefined, number>();
        for (let seedOf = 0; seedOf < 60; seedOf++) {
          const query = { size: 5, seed: seedOf * 7919, spans: [] };
          const { rows, whole } = await subject.statistics.sampleRecords(
            scope,
            query,
            subject.signal,
          );
          assert.equal(whole, false);
          assert.equal(new Set(rows.map(({ service }) => service)).size, 5);
          for (const { service } of rows) taken.set(service, 1 + (taken.get(service) ?? 0));
          if (seedOf > 0) continue;
          const again = await subject.statistics.sampleRecords(scope, query, subject.signal);
          assert.deepEqual(again.rows, rows);
        }
        // Expected 15 of 60 each, with a standard deviation of 3.4.
        assert.equal(taken.size, 20);
        for (const [service, times] of taken) {
          assert.ok(times >= 2 && times <= 30, `${service} was taken ${times} times of 60`);
        }
      },
    );

    promise("everything can be asked of one project", async (subject) => {
      const { project } = { project: "6F9619FF-8B86-D011-B42D-00C04FC964FF" };
      await seed(subject, [
        [A, 1, { project: project.toLowerCase() }],
        [A, 2, { project: "another" }],
        [A, 3, {}],
      ]);
      const scope = { ...(await scopeOf(subject)), project };
      const { statistics: of, signal } = subject;
      assert.equal((await of.countByTraits(scope, signal)).records, 1);
      assert.deepEqual((await of.countSpans(scope, [ALL], signal)).counts, [1]);
      const query = { size: 10, seed: 1, spans: [] };
      assert.equal((await of.sampleRecords(scope, query, signal)).rows.length, 1);
    });
  });
}

type Seeded = [index: string, number: number, fields: Fields, id?: string];

async function seed(subject: Subject, all: readonly Seeded[]): Promise<void> {
  await subject.seed(
    all.map(([index, number, fields, id]) => {
      const one = log(index, number, fields);
      return id === undefined ? one : { ...one, id };
    }),
  );
}

async function scopeOf(subject: Subject): Promise<StatisticsScope> {
  return { indices: await subject.ready(), within: ALL };
}

function ms(number: number): number {
  return Date.parse(timeOf(number));
}
