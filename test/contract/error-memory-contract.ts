import assert from "node:assert/strict";
import { suite, test, type TestContext } from "node:test";
import { episodeId, type Episode } from "../../src/domain/memory/episode.ts";
import { groupInState, sightedGroup, type Sighting } from "../../src/domain/memory/group.ts";
import { canonicalGroup, mergedGroup } from "../../src/domain/memory/group-rules.ts";
import type { Note } from "../../src/domain/memory/note.ts";
import type { ErrorMemory, GroupChange } from "../../src/ports/error-memory.ts";
import { mergeGroups, setGroupState, splitGroups } from "../../src/memory/change-groups.ts";
import { MemoryRefused } from "../../src/memory/memory-refused.ts";
import { NEAREST_GROUPS, turned } from "./error-memory-nearest.ts";

export type MemoryUnderTest = {
  memory: ErrorMemory;
  /** Waits until pages and counts see all that was written. */
  settle(): Promise<void>;
};

const [A, B, C] = ["a".repeat(16), "b".repeat(16), "c".repeat(16)] as const;
const BY = { by: "kim", at: timeOf(0) };

/** What every memory of errors promises. The factory makes an empty one and removes it after the test. */
export function testErrorMemoryContract(
  name: string,
  create: (t: TestContext) => Promise<MemoryUnderTest>,
): void {
  const promise = (says: string, run: (under: Subject) => Promise<void>) => {
    test(says, async (t) => run(subjectOf(await create(t), t.signal)));
  };

  suite(`error memory contract: ${name}`, () => {
    promise("a group is read at once, with all that was written of it", async (subject) => {
      await subject.see(A);
      const group = (await subject.memory.groups.read([A, B], subject.signal)).get(A);
      assert.deepEqual(group, sightedGroup(undefined, sighting(A)));
    });

    promise(
      "sightings move the times of a group outwards, and keep what a person decided",
      async (subject) => {
        const { memory, signal } = subject;
        await subject.see(A, { first_seen: timeOf(5), last_seen: timeOf(6) });
        await subject.change(A, (now) => groupInState(now, { state: "known", ...BY }));
        await subject.see(A, { first_seen: timeOf(1), last_seen: timeOf(9) });
        await subject.see(A, { first_seen: timeOf(4), last_seen: timeOf(7) });
        const group = (await memory.groups.read([A], signal)).get(A);
        const { first_seen, last_seen, state, state_by } = group ?? {};
        assert.deepEqual(
          { first_seen, last_seen, state, state_by },
          { first_seen: timeOf(1), last_seen: timeOf(9), state: "known", state_by: "kim" },
        );
      },
    );

    promise("changes of many processes at once are all kept", async (subject) => {
      await subject.see(A);
      await Promise.all(
        [B, C, ...Array.from("01234", (digit) => digit.repeat(16))].map((into) =>
          subject.change(A, (now) => ({
            ...now,
            not_like: [...now.not_like, { id: into, ...BY }],
          })),
        ),
      );
      const group = (await subject.memory.groups.read([A], subject.signal)).get(A);
      assert.equal(group?.not_like.length, 7);
    });

    promise(
      "a vector comes back exactly, by its model, and outlives changes of the group",
      async (subject) => {
        const { memory, signal } = subject;
        const values = Float32Array.from({ length: 1536 }, (_, at) => Math.sin(at) / 40);
        await subject.see(A);
        await subject.see(B);
        const vector = { values, model: "m", texts: 3 };
        await memory.groups.change([A], (_, now) => now && { group: now, vector }, SOON, signal);
        await subject.see(A, { last_seen: timeOf(50) });
        const found = await memory.groups.vectors([A, B], "m", signal);
        assert.deepEqual([...found], [[A, vector]]);
        assert.equal((await memory.groups.vectors([A], "other", signal)).size, 0);
        const group = (await memory.groups.read([A], signal)).get(A);
        assert.deepEqual(group?.vector_of, { model: "m", dimensions: 1536, texts: 3 });
      },
    );

    for (const [says, run] of NEAREST_GROUPS) promise(says, run);

    promise(
      "pages show each group once, latest seen first, also those of one moment",
      async (subject) => {
        const { memory, signal } = subject;
        const ids = Array.from({ length: 7 }, (_, at) => `${at}`.repeat(16));
        const seen = ids.map((_, at) => timeOf(at < 3 ? 1 : at));
        for (const [at, id] of ids.entries()) await subject.see(id, { last_seen: seen[at] ?? "" });
        await subject.settle();
        const found: string[] = [];
        let from: string | undefined;
        do {
          const page = await memory.groups.page(
            { limit: 2, ...(from === undefined ? {} : { from }) },
            signal,
          );
          assert.ok(page.items.length <= 2);
          assert.equal(page.unreadable, 0);
          found.push(...page.items.map(({ group }) => group));
          from = page.next;
        } while (from !== undefined);
        assert.deepEqual(found.slice(0, 4), ids.slice(3).toReversed());
        assert.deepEqual(found.toSorted(), ids);
      },
    );

    promise("a page can be of one state and one service", async (subject) => {
      const { memory, signal } = subject;
      await subject.see(A);
      await subject.see(B, { service: null });
      await subject.see(C);
      const deps = { memory, clock: { now: () => Date.parse(timeOf(1)) } };
      const given = { group: C, state: "muted", by: "kim", until: timeOf(9) } as const;
      const { state_at, muted_until } = await setGroupState(deps, given, signal);
      assert.deepEqual([state_at, muted_until], [timeOf(1), timeOf(9)]);
      await subject.settle();
      const muted = await memory.groups.page({ limit: 9, state: "muted" }, signal);
      const orders = await memory.groups.page({ limit: 9, service: "orders" }, signal);
      assert.deepEqual(
        muted.items.map(({ group }) => group),
        [C],
      );
      assert.deepEqual(orders.items.map(({ group }) => group).toSorted(), [A, C]);
    });

    promise("merges are chains, a circle is refused, and a split keeps apart", async (subject) => {
      const { memory, signal } = subject;
      for (const id of [A, B, C]) await subject.see(id);
      const deps = { memory, clock: { now: () => Date.parse(timeOf(0)) } };
      await mergeGroups(deps, { group: A, into: B, by: "kim" }, signal);
      await mergeGroups(deps, { group: B, into: C, by: "kim" }, signal);
      await assert.rejects(
        mergeGroups(deps, { group: C, into: A, by: "kim" }, signal),
        (error) => error instanceof MemoryRefused && /split a{16} first/.test(error.message),
      );
      assert.equal(canonicalGroup(A, await memory.groups.rules(signal)), C);
      await splitGroups(deps, { group: A, by: "lee" }, signal);
      const rules = await memory.groups.rules(signal);
      assert.equal(canonicalGroup(A, rules), A);
      assert.deepEqual(
        rules.get(A)?.not_like.map(({ id }) => id),
        [B, C],
      );
      assert.equal(canonicalGroup(B, rules), C);
    });

    promise(
      "beyond the limit the quietest leave, but none with a note, a rule or a decision",
      async (subject) => {
        const { memory, signal } = subject;
        const ids = Array.from("0123456789", (digit) => digit.repeat(16));
        for (const [at, id] of ids.entries()) await subject.see(id, { last_seen: timeOf(at) });
        const [noted = "", merged = "", target = "", muted = "", quiet = ""] = ids;
        await memory.notes.add(note("n1", noted, 0), signal);
        await subject.change(merged, (now) => mergedGroup(now, target, BY));
        await subject.change(muted, (now) => groupInState(now, { state: "muted", ...BY }));
        await memory.episodes.change(episode(quiet).episode, () => episode(quiet), signal);
        await memory.episodes.change(episode(noted).episode, () => episode(noted), signal);
        await subject.settle();
        assert.deepEqual(await memory.groups.removeQuiet(8, signal), { removed: 2, over: 0 });
        await subject.settle();
        const left = [...(await memory.groups.read(ids, signal)).keys()].toSorted();
        assert.deepEqual(
          left,
          ids.filter((id) => id !== quiet && id !== ids[5]),
        );
        const episodes = await memory.episodes.page({ limit: 9 }, signal);
        assert.deepEqual(
          episodes.items.map(({ group }) => group),
          [noted],
        );
        assert.deepEqual(await memory.groups.removeQuiet(2, signal), { removed: 4, over: 2 });
      },
    );

    promise(
      "an episode is kept by its group and start, and shown latest first",
      async (subject) => {
        const { memory, signal } = subject;
        const open = episode(A, { from: timeOf(3), ended: false });
        for (const one of [episode(A), open, episode(B)]) {
          await memory.episodes.change(one.episode, () => one, signal);
        }
        const more = { ...open, count: 9, to: timeOf(5) };
        await memory.episodes.change(open.episode, (now) => now && { ...now, ...more }, signal);
        await subject.settle();
        assert.deepEqual(await memory.episodes.read(open.episode, signal), more);
        const ofA = await memory.episodes.page({ limit: 9, groups: [A] }, signal);
        assert.deepEqual(ofA.items, [more, episode(A)]);
        const ended = await memory.episodes.page({ limit: 1, ended: true }, signal);
        assert.equal(ended.items.length, 1);
        assert.notEqual(ended.next, undefined);
        assert.equal(await memory.episodes.read(`${C}-1`, signal), undefined);
      },
    );

    promise("of many claims at once one wins, and again once it has expired", async (subject) => {
      const { memory, signal } = subject;
      const claimAt = (now: number) =>
        memory.episodes.claim("new/aaaa", { now, expiresAt: now + 1000 }, signal);
      const first = await Promise.all(Array.from({ length: 8 }, () => claimAt(10_000)));
      assert.deepEqual(first.filter((one) => one === "won").length, 1);
      assert.equal(await claimAt(10_999), "lost");
      assert.equal(
        await memory.episodes.claim("other", { now: 10_000, expiresAt: 99_000 }, signal),
        "won",
      );
      const later = await Promise.all(Array.from({ length: 8 }, () => claimAt(11_000)));
      assert.deepEqual(later.filter((one) => one === "won").length, 1);
    });

    promise("claims that have expired are removed, and no episode with them", async (subject) => {
      const { memory, signal } = subject;
      await memory.episodes.claim("old", { now: 0, expiresAt: 1000 }, signal);
      await memory.episodes.claim("young", { now: 0, expiresAt: 5000 }, signal);
      await memory.episodes.change(episode(A).episode, () => episode(A), signal);
      await subject.settle();
      assert.equal(await memory.episodes.removeExpiredClaims(2000, signal), 1);
      await subject.settle();
      assert.equal(await memory.episodes.removeExpiredClaims(2000, signal), 0);
      assert.equal(
        await memory.episodes.claim("young", { now: 2000, expiresAt: 6000 }, signal),
        "lost",
      );
      assert.equal((await memory.episodes.page({ limit: 9 }, signal)).items.length, 1);
    });

    promise(
      "a note is listed the moment it is written, newest first, with what others said",
      async (subject) => {
        const { memory, signal } = subject;
        const [first, second, other] = [note("n1", A, 1), note("n2", A, 2), note("n3", B, 3)];
        for (const one of [first, second, other]) await memory.notes.add(one, signal);
        const wrong = { verdict: "wrong", by: "lee", at: timeOf(4) } as const;
        const outdated = { verdict: "outdated", by: "ann", at: timeOf(5) } as const;
        await memory.notes.addVerdict(first, wrong, signal);
        await memory.notes.addVerdict(first, outdated, signal);
        const page = await memory.notes.page({ limit: 9, groups: [A] }, signal);
        assert.deepEqual(page.items, [
          { ...second, verdicts: [] },
          { ...first, verdicts: [outdated, wrong] },
        ]);
        assert.deepEqual(await memory.notes.read("n1", signal), page.items[1]);
        assert.equal(await memory.notes.read("n4", signal), undefined);
        const all = await memory.notes.page({ limit: 2 }, signal);
        assert.deepEqual(
          all.items.map(({ id }) => id),
          ["n3", "n2"],
        );
        const rest = await memory.notes.page({ limit: 2, from: all.next ?? "" }, signal);
        assert.deepEqual(
          rest.items.map(({ id }) => id),
          ["n1"],
        );
      },
    );

    promise("says how each of its parts is", async ({ memory, signal, see, settle }) => {
      await see(A);
      await memory.episodes.claim("no episode", { now: 0, expiresAt: 1 }, signal);
      await settle();
      const states = await memory.states(signal);
      assert.deepEqual(
        states.map((one) => (one.state === "usable" ? [one.documents, one.outdated] : one)),
        [
          [1, false],
          [0, false],
          [0, false],
        ],
      );
    });
  });
}

const SOON = { visible: "soon" } as const;

export type Subject = ReturnType<typeof subjectOf>;

function subjectOf({ memory, settle }: MemoryUnderTest, signal: AbortSignal) {
  const apply = async (id: string, change: Parameters<ErrorMemory["groups"]["change"]>[1]) => {
    const { groups, conflicted, failed } = await memory.groups.change([id], change, SOON, signal);
    assert.deepEqual([conflicted, failed], [[], []]);
    assert.ok(groups.has(id));
  };
  return {
    memory,
    settle,
    signal,
    see: (id: string, changes: Partial<Sighting> = {}) =>
      apply(id, (_, now) => ({ group: sightedGroup(now, { ...sighting(id), ...changes }) })),
    /** Seen with a vector that is turned by about so many radians. */
    turn: (
      id: string,
      by: number,
      { model = "m", ...changes }: Partial<Sighting> & { model?: string } = {},
    ) =>
      apply(id, (_, now) => ({
        group: sightedGroup(now, { ...sighting(id), ...changes }),
        vector: { values: turned(by), model, texts: 1 },
      })),
    change: (id: string, change: (now: GroupChange["group"]) => GroupChange["group"]) =>
      apply(id, (_, now) => now && { group: change(now) }),
  };
}

export function timeOf(minutes: number): string {
  return new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
}

export function sighting(group: string): Sighting {
  return {
    group,
    template: "disk <*> full",
    service: "orders",
    exception: "java.io.IOException",
    example: { index: "app_logs", id: "a1", text: "disk 3 full" },
    first_seen: timeOf(0),
    last_seen: timeOf(0),
  };
}

function note(id: string, group: string, minutes: number): Omit<Note, "verdicts"> {
  const texts = { cause: "a full disk", fix: "log rotation", link: "https://example.com/1" };
  return { id, group, episode: null, ...texts, author: "kim", at: timeOf(minutes) };
}

function episode(group: string, changes: Partial<Episode> = {}): Episode {
  const from = changes.from ?? timeOf(1);
  return {
    episode: episodeId({ group, from }),
    group,
    from,
    to: timeOf(2),
    count: 3,
    ended: true,
    rose_with: [{ group: "d".repeat(16), service: null, lift: 2.5 }],
    hosts: ["web-1"],
    versions: [],
    told: ["new"],
    ...changes,
  };
}
