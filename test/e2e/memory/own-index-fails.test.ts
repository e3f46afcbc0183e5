import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { groupInState, sightedGroup } from "../../../src/domain/memory/group.ts";
import { MemoryFault, type MemoryProblem } from "../../../src/domain/memory/memory-fault.ts";
import type { ErrorMemory } from "../../../src/ports/error-memory.ts";
import { sighting, timeOf } from "../../contract/error-memory-contract.ts";
import {
  onEachOpenSearch,
  openFixture,
  type OpenSearchFixture,
} from "../../support/servers/open-search-fixture.ts";
import { openRealMemory } from "../../support/servers/real-memory.ts";

const GROUP = "a".repeat(16);
const NOTE = {
  id: "n1",
  group: GROUP,
  episode: null,
  cause: "a full disk",
  fix: null,
  link: null,
  author: "kim",
  at: timeOf(0),
};

type Trouble = {
  when: string;
  make(fixture: OpenSearchFixture, index: string): Promise<unknown>;
  problem: MemoryProblem;
  /** Reads go on. */
  readable?: true;
};

const TROUBLES: readonly Trouble[] = [
  {
    when: "deleted",
    make: ({ send }, index) => send("DELETE", `/${index}`),
    problem: "absent",
  },
  {
    when: "closed",
    make: ({ send }, index) => send("POST", `/${index}/_close`),
    problem: "closed",
  },
  {
    when: "blocked for writes",
    make: ({ send }, index) => send("PUT", `/${index}/_settings`, { "index.blocks.write": true }),
    problem: "blocked",
    readable: true,
  },
  {
    when: "blocked by the flood stage",
    make: ({ send }, index) =>
      send("PUT", `/${index}/_settings`, { "index.blocks.read_only_allow_delete": true }),
    problem: "blocked",
    readable: true,
  },
  {
    when: "made anew by somebody else with another mapping",
    async make({ send }, index) {
      await send("DELETE", `/${index}`);
      const properties = { group: { type: "text" }, kind: { type: "integer" } };
      await send("PUT", `/${index}`, {
        settings: { index: { number_of_replicas: 0 } },
        mappings: { properties: { ...properties, last_seen: { type: "integer" } } },
        aliases: { [`${index}-write`]: {} },
      });
    },
    problem: "mapping",
  },
];

/** One read and one write of each index. */
function callsOf({ groups, episodes, notes }: ErrorMemory, { signal }: TestContext) {
  const change = () => ({ group: sightedGroup(undefined, sighting(GROUP)) });
  return {
    groups: {
      read: () => groups.page({ limit: 5 }, signal),
      async write() {
        const { failed } = await groups.change([GROUP], change, { visible: "soon" }, signal);
        if (failed[0]) throw failed[0].fault;
      },
    },
    episodes: {
      read: () => episodes.page({ limit: 5 }, signal),
      write: () => episodes.claim("told", { now: 0, expiresAt: 1 }, signal),
    },
    notes: {
      read: () => notes.page({ limit: 5 }, signal),
      write: () => notes.add(NOTE, signal),
    },
  };
}

await onEachOpenSearch((version) => {
  for (const name of ["groups", "episodes", "notes"] as const) {
    for (const { when, make, problem, readable } of TROUBLES) {
      test(`an index of ${name} that is ${when} is a fault of its own, and the others work`, async (t) => {
        const fixture = await openFixture(t, version);
        const { memory, init, index, told } = await openRealMemory(t, fixture);
        await init();
        await make(fixture, index(name));
        const before = await namesOf(fixture);

        const calls = callsOf(memory, t);
        for (const [which, { read, write }] of Object.entries(calls)) {
          if (which !== name) {
            await write();
            await read();
            continue;
          }
          await assert.rejects(write(), isOwnFault(index(name), problem));
          if (readable) await read();
          else await assert.rejects(read(), isOwnFault(index(name), problem));
        }

        const states = await memory.states(t.signal);
        assert.deepEqual(
          states.filter((one) => one.state !== "usable").map((one) => one.index),
          [index(name)],
        );
        const after = await namesOf(fixture);
        assert.deepEqual(after, before, "no write makes an index anew");
        const ended = told.callEnded;
        assert.deepEqual(
          ended.filter(({ fault, probe }) => fault && !probe),
          [],
          "nothing of it says that OpenSearch is away",
        );
      });
    }
  }

  test("init makes the indices once, adds what an earlier release lacks, and names what it cannot mend", async (t) => {
    const fixture = await openFixture(t, version);
    const { memory, init, index } = await openRealMemory(t, fixture);
    const first = await init();
    assert.equal(first.steps.length, 3);
    const again = await init();
    assert.deepEqual([again.steps, again.warnings, again.notes.length], [[], [], 3]);

    await fixture.send("DELETE", `/${index("notes")}`);
    await fixture.send("PUT", `/${index("notes")}`, {
      settings: { index: { number_of_replicas: 0 } },
      mappings: { dynamic: false, properties: { kind: { type: "keyword" } } },
    });
    const upgrade = await init();
    assert.equal(upgrade.steps.length, 2, upgrade.steps.join());
    assert.match(upgrade.steps.join(), /add note, group, .*author, .* to the mapping of index/);
    await memory.notes.add(NOTE, t.signal);
    assert.equal((await memory.notes.page({ limit: 5 }, t.signal)).items.length, 1);

    await fixture.send("DELETE", `/${index("groups")}`);
    await fixture.send("PUT", `/${index("groups")}`, {
      mappings: { properties: { state: { type: "integer" } } },
    });
    const { warnings } = await init();
    assert.match(warnings.join(), /other types in state and cannot be used: reindex/);
  });

  test("templates of others that cover the own indices give them nothing", async (t) => {
    const fixture = await openFixture(t, version);
    const { memory, init, index } = await openRealMemory(t, fixture);
    const { send, pattern } = fixture;
    await send("PUT", `/_index_template/${fixture.name("streams")}`, {
      index_patterns: [pattern],
      data_stream: {},
      priority: 7,
    });
    const { steps } = await init();
    assert.match(
      steps[0] ?? "",
      /create index template .*own-memory, so that .*streams give nothing/,
    );
    await memory.notes.add(NOTE, t.signal);
    assert.deepEqual(
      (await memory.states(t.signal)).map(({ state }) => state),
      ["usable", "usable", "usable"],
    );
    assert.equal((await memory.notes.page({ limit: 5 }, t.signal)).items.length, 1);
    assert.deepEqual((await init()).steps, []);
    const { aliases, data_streams: streams } = await namesOf(fixture);
    assert.deepEqual(streams, []);
    assert.match(JSON.stringify(aliases), new RegExp(`"${index("notes")}-write"`));
  });

  test("a document that is not of our form costs no other one its place on the page", async (t) => {
    const fixture = await openFixture(t, version);
    const { memory, init, index } = await openRealMemory(t, fixture);
    await init();
    await memory.notes.add(NOTE, t.signal);
    const odd = { kind: "note", note: "odd", group: GROUP, at: timeOf(1), author: 7 };
    await fixture.send("PUT", `/${index("notes")}/_doc/odd?refresh=true`, odd);
    const page = await memory.notes.page({ limit: 5 }, t.signal);
    assert.deepEqual([page.items.map(({ id }) => id), page.unreadable], [["n1"], 1]);
  });

  test("a decision of a person is on the page of groups at once", async (t) => {
    const fixture = await openFixture(t, version);
    const { memory, init } = await openRealMemory(t, fixture);
    await init();
    const seen = sightedGroup(undefined, sighting(GROUP));
    await memory.groups.change([GROUP], () => ({ group: seen }), { visible: "soon" }, t.signal);
    const muted = { state: "muted", by: "kim", at: timeOf(1) } as const;
    await memory.groups.change(
      [GROUP],
      (_, now) => now && { group: groupInState(now, muted) },
      { visible: "now" },
      t.signal,
    );
    const page = await memory.groups.page({ limit: 5, state: "muted" }, t.signal);
    assert.equal(page.items.length, 1);
  });
});

function namesOf({ send, pattern }: OpenSearchFixture) {
  return send("GET", `/_resolve/index/${pattern}?expand_wildcards=all`);
}

function isOwnFault(index: string, problem: MemoryProblem) {
  return (error: unknown) => {
    assert.ok(error instanceof MemoryFault, String(error));
    assert.deepEqual([error.index, error.problem, error.kind], [index, problem, "index"]);
    assert.ok(error.hint, "it says what to do");
    return true;
  };
}
