import assert from "node:assert/strict";
import { suite, type TestContext } from "node:test";
import type { LogRecord } from "../../src/domain/log-record.ts";
import type { GroupCounts, GroupScope } from "../../src/ports/group-counts.ts";
import { written } from "./record-store-nearest.ts";
import {
  A,
  ALL_CAPABILITIES,
  B,
  log,
  promisesOf,
  timeOf,
  vectorOf,
  type StoreUnderTest,
  type Subject,
} from "./record-store-subject.ts";

type Counted = Subject & { groupCounts: GroupCounts };
const VECTOR = [...vectorOf("some text")];
const HOUR = 3_600_000;
const [ONE, TWO, THREE] = ["1111111111111111", "2222222222222222", "3333333333333333"] as const;

/** What every store promises that counts records by the groups in their stamps. */
export function testGroupCountsContract(
  name: string,
  create: (t: TestContext) => Promise<StoreUnderTest & { groupCounts: GroupCounts }>,
): void {
  let groupCounts: GroupCounts | undefined;
  const contract = promisesOf(ALL_CAPABILITIES, async (t) => {
    const under = await create(t);
    ({ groupCounts } = under);
    return under;
  });
  const promise = (what: string, run: (subject: Counted) => Promise<void>) =>
    contract(what, (subject) => {
      assert.ok(groupCounts);
      return run({ ...subject, groupCounts });
    });

  suite(`group counts contract: ${name}`, () => {
    promise(
      "counts every record of each group over all indices, with first and last",
      async (subject) => {
        await fill(subject, [
          [A, 1, ONE],
          [B, 2, ONE],
          [A, 3, TWO],
          [A, 5, ONE],
          [B, 9, undefined],
        ]);
        const { rows, next, gaps } = await subject.groupCounts.pageGroups(
          { ...(await scopeOf(subject)), limit: 10 },
          subject.signal,
        );
        assert.deepEqual(rows, [
          { group: ONE, records: 3, first: ms(1), last: ms(5) },
          { group: TWO, records: 1, first: ms(3), last: ms(3) },
        ]);
        assert.equal(next, undefined);
        const query = { ...(await scopeOf(subject)), only: [TWO, THREE], limit: 1 };
        const some = await subject.groupCounts.pageGroups(query, subject.signal);
        assert.deepEqual(
          some.rows.map(({ group }) => group),
          [TWO],
        );
        assert.deepEqual(gaps, []);
      },
    );

    promise(
      "pages give every group once, in the order of their ids, whatever is in which index",
      async (subject) => {
        const groups = Array.from({ length: 7 }, (_, i) => `${i}`.padStart(16, "a"));
        await fill(
          subject,
          groups.flatMap((group, i): Filled[] => [
            [i % 2 === 0 ? A : B, i, group],
            [A, i + 20, group],
          ]),
        );
        const scope = await scopeOf(subject);
        for (const limit of [1, 2, 3, 7, 8]) {
          const seen: string[] = [];
          let from: string | undefined;
          do {
            const page = await subject.groupCounts.pageGroups(
              { ...scope, limit, ...(from === undefined ? {} : { from }) },
              subject.signal,
            );
            assert.ok(page.rows.length <= limit);
            for (const { group, records } of page.rows) {
              seen.push(group);
              assert.equal(records, 2, `${group} by ${limit}`);
            }
            from = page.next;
          } while (from !== undefined);
          assert.deepEqual(seen, groups.toSorted(), `pages of ${limit}`);
        }
      },
    );

    promise("counts under the filter", async (subject) => {
      await fill(subject, [
        [A, 1, ONE, "orders"],
        [A, 2, ONE, "billing"],
        [B, 3, TWO, "orders"],
      ]);
      const { indices } = await scopeOf(subject);
      const count = async (filter: GroupScope["filter"]) => {
        const query = { indices, filter, limit: 10 };
        const { rows } = await subject.groupCounts.pageGroups(query, subject.signal);
        return rows.map(({ group, records }) => [group, records]);
      };
      assert.deepEqual(await count({ service: "orders" }), [
        [ONE, 1],
        [TWO, 1],
      ]);
      assert.deepEqual(await count({ since: ms(2), until: ms(2) }), [[ONE, 1]]);
      assert.deepEqual(await count({ service: "nobody" }), []);
    });

    promise("describes a group by its newest record and its counts in time", async (subject) => {
      await fill(subject, [
        [A, 1, ONE, "orders"],
        [B, 2, ONE, "orders"],
        [A, 62, ONE, "orders"],
        [B, 3, TWO],
      ]);
      const query = { ...(await scopeOf(subject)), groups: [ONE, THREE], spanMs: HOUR };
      const { rows, gaps } = await subject.groupCounts.describeGroups(query, subject.signal);
      assert.deepEqual(gaps, []);
      const [row, ...others] = rows;
      assert.ok(row);
      assert.deepEqual(others, [], "a group without records is none");
      assert.equal(row.group, ONE);
      assert.equal(row.example.id, "log-62");
      assert.equal(row.example.text, "error 62");
      assert.equal(row.example.service, "orders");
      assert.equal(row.example.timestamp, timeOf(62));
      assert.deepEqual(row.spans, [
        { from: ms(0), records: 2 },
        { from: ms(60), records: 1 },
      ]);
      const later = { ...query, spansSince: ms(60) };
      const {
        rows: [recent],
      } = await subject.groupCounts.describeGroups(later, subject.signal);
      assert.deepEqual(recent?.spans, [{ from: ms(60), records: 1 }]);
      assert.equal(recent?.example.id, "log-62");
    });

    promise("counts the hosts and versions of runs, and those that name none", async (subject) => {
      const { groupCounts: counts, signal } = subject;
      await fill(subject, [
        [A, 1, ONE, named("a", "1.2")],
        [B, 2, ONE, named("b", "1.2")],
        [A, 3, ONE, named("b", "")],
        [A, 4, ONE],
        [B, 5, TWO, named("c", "1.3")],
        [A, 6, THREE, named("d", "9")],
        [B, 90, ONE, named("e", "1.3")],
      ]);
      const { indices } = await scopeOf(subject);
      const runs = [
        { groups: [ONE, TWO], since: ms(2), until: ms(5) },
        { groups: [ONE], since: ms(0), until: ms(90) },
        { groups: [THREE], since: ms(7), until: ms(90) },
      ];
      const { rows, gaps } = await counts.countNames({ indices, runs, limit: 2 }, signal);
      assert.deepEqual(gaps, []);
      assert.deepEqual(rows, [
        {
          records: 4,
          hosts: { names: counted({ b: 2, c: 1 }), others: 0, unnamed: 1 },
          versions: { names: counted({ "1.2": 1, "1.3": 1 }), others: 0, unnamed: 2 },
        },
        {
          records: 5,
          hosts: { names: counted({ b: 2, a: 1 }), others: 1, unnamed: 1 },
          versions: { names: counted({ "1.2": 2, "1.3": 1 }), others: 0, unnamed: 2 },
        },
        {
          records: 0,
          hosts: { names: [], others: 0, unnamed: 0 },
          versions: { names: [], others: 0, unnamed: 0 },
        },
      ]);
      const none = await counts.countNames({ indices, runs: [], limit: 2 }, signal);
      assert.deepEqual(none, { rows: [], gaps: [] });
    });

    promise(
      "gives groups to those that have none, each once, and leaves the rest of the stamp",
      async (subject) => {
        const { store, signal, groupCounts: counts } = subject;
        await fill(subject, [
          [A, 1, undefined],
          [A, 2, ONE],
          [B, 3, undefined],
        ]);
        const { indices } = await scopeOf(subject);
        const before = await counts.countUngrouped(indices, signal);
        assert.deepEqual(
          before.rows.toSorted((a, b) => (a.index < b.index ? -1 : 1)),
          [
            { index: A, records: 1 },
            { index: B, records: 1 },
          ],
        );
        const found: LogRecord[] = [];
        for (const index of indices) {
          await using scan = await store.openUngroupedScan(index, signal);
          for (;;) {
            const records = await scan.next(10, signal);
            if (records.length === 0) break;
            found.push(...records);
          }
        }
        assert.deepEqual(
          new Map(found.map(({ id, text }) => [id, text])),
          new Map([
            ["log-1", "error 1"],
            ["log-3", "error 3"],
          ]),
        );
        const statuses = await subject.write(found.map((record) => ({ record, group: THREE })));
        assert.deepEqual(statuses, ["written", "written"]);
        await subject.visible(...indices);
        assert.deepEqual((await counts.countUngrouped(indices, signal)).rows, []);
        const { rows } = await counts.pageGroups({ indices, filter: {}, limit: 10 }, signal);
        assert.deepEqual(
          rows.map(({ group, records }) => [group, records]),
          [
            [ONE, 1],
            [THREE, 2],
          ],
        );
        const { stamp, vector } = (await subject.read({ index: A, id: "log-1" })) ?? {};
        assert.equal(stamp?.["group"], THREE);
        assert.equal(stamp?.["model"], "contract-model");
        assert.equal(vector?.length, VECTOR.length);
      },
    );
  });
}

/** With the name of its service, or other fields. */
type Filled = [
  index: string,
  number: number,
  group: string | undefined,
  service?: string | Record<string, unknown>,
];

function named(host: string, version: string): Record<string, unknown> {
  return { host: { name: host }, service: { name: "shop", version } };
}

/** The most frequent first; whole numbers as keys would not stay in their order. */
function counted(names: Record<string, number>): { name: string; records: number }[] {
  return Object.entries(names).map(([name, records]) => ({ name, records }));
}

async function fill(subject: Subject, all: readonly Filled[]): Promise<void> {
  await written(
    subject,
    all.map(([index, number, group, service]) => ({
      log: log(index, number, typeof service === "object" ? service : {}),
      vector: VECTOR,
      ...(typeof service === "string" ? { service } : {}),
      ...(group === undefined ? {} : { stamp: { group } }),
    })),
  );
}

async function scopeOf(subject: Subject): Promise<GroupScope> {
  return { indices: await subject.ready(), filter: {} };
}

function ms(number: number): number {
  return Date.parse(timeOf(number));
}
