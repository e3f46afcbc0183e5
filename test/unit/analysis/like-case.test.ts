import assert from "node:assert/strict";
import { test } from "node:test";
import { readDecisions } from "../../../src/analysis/group-decisions.ts";
import { findLikeCase } from "../../../src/analysis/like-case.ts";
import { mergedGroup, splitGroup } from "../../../src/domain/memory/group-rules.ts";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import type { Verdict } from "../../../src/domain/memory/note.ts";
import { createFakeErrorMemory } from "../../support/fakes/fake-error-memory.ts";

const { signal } = new AbortController();
const NOW = Date.UTC(2026, 0, 10);
const HOUR = 3_600_000;
const iso = (ms: number) => new Date(ms).toISOString();
const BY = { by: "kim", at: iso(NOW) };
const MODEL = "local-hashing-v1";

/** Groups by their names, each with a vector at that angle in degrees; `ended`: hours ago at which an episode of it ended. */
async function setUp(
  groups: Record<string, { angle: number; service?: string; ended?: number[] }>,
) {
  const memory = createFakeErrorMemory();
  for (const [group, { angle, service = "payment", ended = [] }] of Object.entries(groups)) {
    const radians = (angle / 180) * Math.PI;
    const values = Float32Array.of(Math.cos(radians), Math.sin(radians));
    const seen = {
      group,
      template: `Template of ${group}`,
      service,
      exception: null,
      example: { index: "i", id: group, text: group },
      first_seen: iso(NOW - 100 * HOUR),
      last_seen: iso(NOW),
    };
    const change = () => ({
      group: sightedGroup(undefined, seen),
      vector: { values, model: MODEL, texts: 1 },
    });
    await memory.groups.change([group], change, { visible: "now" }, signal);
    for (const hours of ended) {
      const at = iso(NOW - hours * HOUR);
      const episode = `${group}-${hours}`;
      const rest = { count: 5, ended: true, rose_with: [], hosts: [], versions: [], told: [] };
      memory.kept.episodes.set(episode, { episode, group, from: at, to: at, ...rest });
    }
  }
  const note = async (group: string, cause: string, ...verdicts: Verdict["verdict"][]) => {
    const id = `${group}-${cause}`;
    const fields = { episode: null, cause, fix: null, link: null, author: "kim" };
    await memory.notes.add({ id, group, ...fields, at: iso(NOW) }, signal);
    for (const verdict of verdicts) {
      await memory.notes.addVerdict({ id, group }, { verdict, ...BY }, signal);
    }
  };
  return {
    memory,
    note,
    async find(
      rose: { group: string; service: string; lift: number }[] = [],
      { hosts = [], versions = [] }: { hosts?: string[]; versions?: string[] } = {},
    ) {
      const decisions = await readDecisions(async () => memory, signal);
      const traits = {
        group: "now",
        service: "payment",
        exception: null,
        level: "ERROR",
        template: "Template of now",
      };
      return findLikeCase(
        { memory, model: MODEL, decisions },
        { traits, fromMs: NOW, count: 5, rose, hosts, versions },
        signal,
      );
    },
  };
}

test("an earlier episode of the same group comes first, then what is surely alike; what is not is no past case", async () => {
  const alike = {
    now: { angle: 0 },
    near: { angle: 5, ended: [9] },
    far: { angle: 60, ended: [1] },
  };
  const found = await (await setUp(alike)).find();
  assert.deepEqual(
    [found?.group, found?.same_group, found?.template],
    ["near", false, "Template of near"],
  );
  const own = await setUp({ ...alike, now: { angle: 0, ended: [30, 20] } });
  const first = await own.find();
  assert.deepEqual([first?.episode, first?.same_group], ["now-20", true]);
  assert.equal(await (await setUp({ now: { angle: 0 }, far: alike.far })).find(), undefined);
});

test("a past case that somebody wrote of comes before one that nobody did", async () => {
  const { note, find } = await setUp({
    now: { angle: 0, ended: [20] },
    near: { angle: 5, ended: [9] },
  });
  await note("near", "a bad release", "confirmed");
  const found = await find();
  assert.deepEqual(
    [found?.group, found?.note?.cause, found?.note?.confirmed],
    ["near", "a bad release", true],
  );
});

test("a note that was called wrong or outdated is not told; its correction is", async () => {
  const { note, find } = await setUp({ now: { angle: 0, ended: [20] } });
  await note("now", "the disk", "wrong");
  assert.equal((await find())?.note, undefined);
  await note("now", "the pool");
  assert.equal((await find())?.note?.cause, "the pool");
});

test("another service with nearly the same error is no past case", async () => {
  const { find } = await setUp({
    now: { angle: 0 },
    near: { angle: 1, service: "billing", ended: [9] },
  });
  assert.equal(await find(), undefined);
});

test("what a person split off is never a past case, and what was merged is one of its own", async () => {
  const { memory, find } = await setUp({
    now: { angle: 0 },
    near: { angle: 5, ended: [9] },
    part: { angle: 80, ended: [7] },
  });
  const { groups } = memory.kept;
  const [near, part] = [groups.get("near"), groups.get("part")];
  assert.ok(near && part);
  groups.set("near", splitGroup(near, ["now"], BY));
  assert.equal(await find(), undefined);
  groups.set("part", mergedGroup(part, "now", BY));
  const found = await find();
  assert.deepEqual([found?.same_group, found?.episode], [true, "part-7"]);
});

test("what rises this time only, and what rose then only, is named", async () => {
  const { memory, find } = await setUp({
    now: { angle: 0, ended: [20] },
    disk: { angle: 90 },
    slow: { angle: 45 },
  });
  const [episode] = [...memory.kept.episodes.values()];
  assert.ok(episode);
  const lift = 9;
  episode.rose_with = [{ group: "slow", service: "payment", lift }];
  const found = await find([{ group: "disk", service: "payment", lift }]);
  assert.deepEqual(found?.only_now, [
    { group: "disk", service: "payment", template: "Template of disk" },
  ]);
  assert.deepEqual(found?.only_then, [
    { group: "slow", service: "payment", template: "Template of slow" },
  ]);
  assert.ok((found?.likeness ?? 1) < 1);
});

test("hosts and versions that were not there then are told with a past case, and only where all of then are known", async () => {
  const { memory, find } = await setUp({ now: { angle: 0, ended: [20] } });
  const then = memory.kept.episodes.get("now-20");
  assert.ok(then);
  const compared = async (was: string[], is: string[]) => {
    memory.kept.episodes.set("now-20", { ...then, hosts: was, versions: was });
    const { hosts, versions } = (await find([], { hosts: is, versions: is })) ?? {};
    assert.deepEqual(hosts, versions);
    return hosts;
  };
  assert.deepEqual(await compared(["a", "b"], ["c"]), { now: ["c"], before: ["a", "b"] });
  assert.deepEqual(await compared(["a", "b"], ["a", "c"]), { now: ["a", "c"], before: ["a", "b"] });
  assert.equal(await compared(["a", "b"], ["b"]), undefined);
  assert.equal(await compared([], ["c"]), undefined);
  assert.equal(await compared(["a"], []), undefined);
  const ten = Array.from({ length: 10 }, (_, i) => `host-${i}`);
  assert.equal(await compared(ten, ["host-11"]), undefined, "an eleventh may have been there");
});
