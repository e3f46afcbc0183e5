import assert from "node:assert/strict";
import { test } from "node:test";
import { createMemoryStore } from "../../../scripts/quickstart/memory/memory-store.ts";
import { episodesAnswerShape } from "../../../src/analysis/group-answers.ts";
import {
  listEpisodes,
  type EpisodesDeps,
  type EpisodesQuery,
} from "../../../src/analysis/list-episodes.ts";
import { groupOf } from "../../../src/domain/group.ts";
import type { GroupCounts } from "../../../src/ports/group-counts.ts";
import { SearchRefused } from "../../../src/search/search-refused.ts";
import { stubVector } from "../../support/fakes/stub-vector.ts";

const { signal } = new AbortController();
const MINUTE = 60_000;
const DAY = 24 * 60;
const NOW = Date.UTC(2026, 5, 10, 12, 30, 15);
const THREE_MINUTES = { leastMs: 3 * MINUTE, factor: 0 };

/** A log of so many minutes ago. */
type Log = { ago: number; text: string; service?: string };

const iso = (ago: number) =>
  new Date(Math.floor((NOW - ago * MINUTE) / MINUTE) * MINUTE).toISOString();
const idOf = (text: string, service?: string) => groupOf({ text, service }).group;
const times = (text: string, agos: readonly number[], service?: string): Log[] =>
  agos.map((ago) => ({ ago, text, ...(service === undefined ? {} : { service }) }));

function depsOf(logs: readonly Log[], quiet = THREE_MINUTES): EpisodesDeps {
  const store = createMemoryStore({ levels: ["ERROR"], now: () => NOW });
  store.seed(
    logs.map(({ ago, text, service }, i) => ({
      index: "app_logs",
      id: `log-${i}`,
      source: {
        "@timestamp": new Date(NOW - ago * MINUTE).toISOString(),
        level: "ERROR",
        message: text,
        ...(service === undefined ? {} : { service: { name: service } }),
        log_vector: [...stubVector(text, 8)],
        log_vector_meta: { model: "m", dimensions: 8, group: idOf(text, service) },
      },
    })),
  );
  return {
    groupCounts: store,
    readSurvey: store.survey,
    clock: { now: () => NOW },
    show: { toText: (message) => message, toShown: (text) => text },
    quiet,
  };
}

async function list(deps: EpisodesDeps, query: Partial<EpisodesQuery> = {}) {
  return episodesAnswerShape.parse(await listEpisodes(deps, { limit: 20, ...query }, signal));
}

/** Three runs of one error, the last one under way, and one run of another. */
const STORY = [
  ...times("Disk full", [95, 94, 94], "shop"),
  ...times("Disk full", [50], "shop"),
  ...times("Disk full", [2, 1, 0, 0], "shop"),
  ...times("No route to host", [30, 29], "billing"),
];

test("each run between two silences is one episode, the latest seen first, with all its records", async () => {
  const { episodes, gaps } = await list(depsOf(STORY));
  assert.deepEqual(
    episodes.map((one) => [one.template, one.from, one.to, one.count, one.ended]),
    [
      ["Disk full", iso(2), iso(0), 4, false],
      ["No route to host", iso(30), iso(29), 2, true],
      ["Disk full", iso(50), iso(50), 1, true],
      ["Disk full", iso(95), iso(94), 3, true],
    ],
  );
  assert.ok(episodes.every((one) => !one.began_before));
  assert.deepEqual(gaps, []);
});

test("the limit keeps the latest ones, and one group is shown alone", async () => {
  const deps = depsOf(STORY);
  const { episodes } = await list(deps, { limit: 2 });
  assert.deepEqual(
    episodes.map(({ from }) => from),
    [iso(2), iso(30)],
  );
  const group = idOf("Disk full", "shop");
  const one = await list(deps, { group, limit: 2 });
  assert.deepEqual(
    one.episodes.map((episode) => [episode.group, episode.from]),
    [
      [group, iso(2)],
      [group, iso(50)],
    ],
  );
});

test("what ended before the look-back is left out", async () => {
  const group = idOf("Disk full", "shop");
  const { episodes } = await list(depsOf(STORY), { group, since: NOW - 60 * MINUTE });
  assert.deepEqual(
    episodes.map(({ from }) => from),
    [iso(2), iso(50)],
  );
});

test("an episode that goes on since before the look-back is counted in whole", async () => {
  const long = times(
    "Disk full",
    Array.from({ length: 60 }, (_, i) => 2 * i),
  );
  const { episodes } = await list(depsOf(long), { since: NOW - 10 * MINUTE });
  assert.deepEqual(
    episodes.map(({ from, count, began_before: before }) => [from, count, before]),
    [[iso(118), 60, false]],
  );
});

test("an episode that goes back further than is read says so", async () => {
  const hourly = times(
    "Disk full",
    Array.from({ length: 24 * 70 }, (_, i) => 60 * i),
  );
  const quiet = { leastMs: 360 * MINUTE, factor: 10 };
  const [only, ...others] = (await list(depsOf(hourly, quiet))).episodes;
  assert.deepEqual(others, []);
  assert.equal(only?.began_before, true);
  assert.ok((only?.count ?? 0) < 24 * 70);
});

test("of one group it is shown what rose with its latest episode in its service, and what did not is left out", async () => {
  const logs = [
    ...times("Disk full", [100, 4, 3, 2, 1], "shop"),
    ...times("Order lost", [9, 8, 4, 3, 2, 1], "shop"),
    ...times(
      "Cache is slow",
      Array.from({ length: 40 }, (_, i) => i),
      "shop",
    ),
    ...times("Nothing to do with it", [4, 3, 2, 1], "billing"),
  ];
  const quiet = { leastMs: 30 * MINUTE, factor: 0 };
  const deps = depsOf(logs, quiet);
  const answer = await list(deps, { group: idOf("Disk full", "shop") });
  const [latest, earlier] = answer.episodes;
  assert.deepEqual(
    latest?.rose?.map(({ template, during, before }) => [template, during, before]),
    [["Order lost", 6, 0]],
  );
  assert.ok((latest?.rose?.[0]?.lift ?? 0) > 2);
  assert.equal(earlier?.rose, undefined);
  assert.equal((await list(deps)).episodes[0]?.rose, undefined, "of many it is not asked");
});

test("a group that was quiet for long has no episodes; one that no record has is refused", async () => {
  const deps = depsOf(times("Disk full", [100 * DAY]));
  assert.deepEqual((await list(deps, { group: idOf("Disk full") })).episodes, []);
  await assert.rejects(
    list(deps, { group: "0123456789abcdef" }),
    (error) => error instanceof SearchRefused && error.code === "not_found",
  );
});

test("what could not be seen is said of every answer that was read", async () => {
  const deps = depsOf(STORY);
  const { pageGroups, describeGroups } = deps.groupCounts;
  const missing = (reason: string) => ({ gaps: [{ index: "app_logs", reason }] });
  const groupCounts: GroupCounts = {
    ...deps.groupCounts,
    pageGroups: async (...given) => ({ ...(await pageGroups(...given)), ...missing("counts") }),
    describeGroups: async (...given) => ({
      ...(await describeGroups(...given)),
      ...missing("minutes"),
    }),
  };
  const { gaps } = await list({ ...deps, groupCounts });
  assert.deepEqual(
    gaps.map(({ reason }) => reason),
    ["counts", "minutes"],
  );
});

test("a time before all records, and before 1970, is none too early", async () => {
  const { episodes } = await list(depsOf(STORY), { since: -1e15 });
  assert.equal(episodes.length, 4);
});

test("no answer has more minutes than OpenSearch allows, and none is lost where time is divided", async () => {
  const busy = "b".repeat(16);
  const names = Array.from({ length: 30 }, (_, i) => `${i}`.padStart(16, "a"));
  const first = Math.floor(NOW / MINUTE) - 59 * DAY;
  const minutesOf = (group: string) =>
    Array.from({ length: group === busy ? 59 * DAY : 3000 }, (_, i) => ({
      from: (first + i) * MINUTE,
      records: 2,
    }));
  const minutes = new Map([busy, ...names].map((group) => [group, minutesOf(group)]));
  const deps = depsOf(times("Disk full", [1]));
  const { rows } = await deps.groupCounts.describeGroups(
    { indices: ["app_logs"], filter: {}, groups: [idOf("Disk full")], spanMs: MINUTE },
    signal,
  );
  const example = rows[0]?.example;
  assert.ok(example);
  const answered: number[] = [];
  const within = (group: string, { since = 0, until = Infinity }) =>
    (minutes.get(group) ?? []).filter(({ from }) => from >= since && from <= until);
  const groupCounts: GroupCounts = {
    ...deps.groupCounts,
    pageGroups: async ({ filter, only = [...minutes.keys()] }) => ({
      rows: only.flatMap((group) => {
        const seen = within(group, filter);
        const [start, end] = [seen[0], seen.at(-1)];
        return start && end
          ? [{ group, records: 2 * seen.length, first: start.from, last: end.from }]
          : [];
      }),
      gaps: [],
    }),
    describeGroups: async ({ filter, groups }) => {
      const described = groups.map((group) => ({ group, example, spans: within(group, filter) }));
      answered.push(described.reduce((sum, { spans }) => sum + spans.length, 0));
      return { rows: described.filter(({ spans }) => spans.length > 0), gaps: [] };
    },
  };
  const { episodes } = await list({ ...deps, groupCounts }, { limit: 100 });
  assert.equal(episodes.find(({ group }) => group === busy)?.count, 2 * 59 * DAY);
  const since = await list({ ...deps, groupCounts }, { since: 0, limit: 100 });
  assert.deepEqual(
    since.episodes.map(({ count }) => count).toSorted((a, b) => a - b),
    [...names.map(() => 6000), 2 * 59 * DAY],
  );
  assert.ok(Math.max(...answered) <= 65_535, `${Math.max(...answered)} minutes in one answer`);
});
