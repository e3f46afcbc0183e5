import assert from "node:assert/strict";
import { test } from "node:test";
import { asVersion } from "../../../../src/domain/version.ts";
import type { BulkLimiter } from "../../../../src/adapters/opensearch/bulk-limiter.ts";
import { createBulkWriter } from "../../../../src/adapters/opensearch/bulk-writer.ts";
import { probeWritable } from "../../../../src/adapters/opensearch/update-probe.ts";
import { createFailureAttribution } from "../../../../src/adapters/opensearch/failure-attribution.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import type { Update } from "../../../../src/ports/record-store.ts";
import { createFakeApi, linesOf, type Sent } from "./fake-api.ts";
import { FIELDS } from "./index-facts.ts";

const HANG = new Fault("outage", "no answer in time", { timedOut: true });
const REFUSED = new Fault("outage", "connection refused", { connectionFailed: true });
const NO_SHARDS = { type: "unavailable_shards_exception", reason: "Not enough active copies" };

/** Bulks about an index that hangs are never answered; of one that waits an item says so in time. */
function cluster(indices: readonly string[]) {
  const state = { hangs: new Set<string>(), waits: new Set<string>(), away: false };
  const fake = createFakeApi((request) => {
    if (state.away) throw REFUSED;
    if (request.path === "/_mget") return { docs: docsOf(request).map(() => ({ found: false })) };
    if (request.path !== "/_bulk") {
      if ([...state.hangs].some((name) => request.path.startsWith(`/${name}/`))) throw HANG;
      return {};
    }
    const named = indicesIn(request);
    if (named.some((name) => state.hangs.has(name))) throw HANG;
    const item = (name: string) =>
      state.waits.has(name) ? { status: 503, error: NO_SHARDS } : { status: 200 };
    return { took: 5, items: named.map((name) => ({ update: item(name) })) };
  });
  const attribution = createFailureAttribution(fake.api, () => indices, { timeoutMs: 30_000 });
  const turns = { held: 0, most: 0 };
  const limiter: BulkLimiter = {
    async acquire() {
      turns.most = Math.max(turns.most, ++turns.held);
      return () => turns.held--;
    },
  };
  const deps = { api: fake.api, fields: FIELDS, limiter, attribution, waitMs: 20_000 };
  const bulks = () => fake.sent.filter(({ path }) => path === "/_bulk").map(indicesIn);
  return { state, deps, bulks, write: createBulkWriter(deps), turns };
}

function docsOf({ body }: Sent): unknown[] {
  const docs = body?.["docs"];
  return Array.isArray(docs) ? docs : [];
}

function indicesIn(request: Sent): string[] {
  return linesOf(request).flatMap((line) => {
    const action: unknown = Object(line).update;
    return action ? [String(Reflect.get(Object(action), "_index"))] : [];
  });
}

function updates(...indices: string[]): Update[] {
  return indices.map((index, i) => ({
    record: { index, id: String(i), version: asVersion("1:1"), text: "x" },
    mark: { skipped: "empty" },
  }));
}

test("after a bulk that hung each of its indices is written to by itself, and the one that hangs is blamed", async (t) => {
  const { state, write, bulks } = cluster(["a", "b", "c"]);
  state.hangs.add("b");
  const all = updates("a", "b", "c");
  const first = await write(all, t.signal);
  assert.deepEqual(
    first.map((one) => one.status === "failed" && one.fault.kind),
    ["outage", "outage", "outage"],
    "nobody can tell yet",
  );
  const second = await write(all, t.signal);
  assert.deepEqual(
    second.map((one) => (one.status === "failed" ? one.fault.kind : one.status)),
    ["written", "index", "written"],
  );
  await write(updates("a", "c", "b"), t.signal);
  assert.deepEqual(bulks().slice(4), [["a", "c"], ["b"]], "those that answered go together again");
});

test("one that did not get its shards in time is written to by itself from then on", async (t) => {
  const { state, write, bulks, turns } = cluster(["a", "b"]);
  state.waits.add("b");
  const [, stood] = await write(updates("a", "b"), t.signal);
  assert.equal(stood?.status === "failed" && stood.fault.kind, "index");
  await write(updates("a", "b"), t.signal);
  assert.deepEqual(bulks(), [["a", "b"], ["a"], ["b"]]);
  assert.equal(turns.most, 1, "it holds nobody's turn");
  state.waits.clear();
  await write(updates("b"), t.signal);
  await write(updates("a", "b"), t.signal);
  assert.deepEqual(bulks().at(-1), ["a", "b"]);
});

test("where no other index answers either, nobody is blamed", async (t) => {
  const { state, write } = cluster(["a", "b"]);
  state.hangs.add("a").add("b");
  const [one] = await write(updates("a"), t.signal);
  assert.deepEqual(one, { status: "failed", fault: HANG });
});

test("a cluster that is away is no index' fault", async (t) => {
  const { state, write, deps } = cluster(["a", "b"]);
  state.away = true;
  assert.deepEqual(await write(updates("a", "b"), t.signal), [
    { status: "failed", fault: REFUSED },
    { status: "failed", fault: REFUSED },
  ]);
  await assert.rejects(probeWritable(deps, ["a", "b"], t.signal), REFUSED);
});

test("a probe that hangs for one index is answered for the others", async (t) => {
  const { state, deps } = cluster(["a", "b", "c"]);
  state.hangs.add("c");
  const probes = await probeWritable(deps, ["a", "b", "c"], t.signal);
  assert.deepEqual(
    probes.map(({ index, allowed, fault }) => [index, allowed, fault]),
    [
      ["a", true, undefined],
      ["b", true, undefined],
      ["c", false, undefined],
    ],
  );
  assert.match(probes[2]?.reason ?? "", /c fails though OpenSearch answers: no answer in time/);
});

test("where every one of several probes hangs, the cluster is away", async (t) => {
  const { state, deps } = cluster(["a", "b", "sound"]);
  state.hangs.add("a").add("b");
  await assert.rejects(probeWritable(deps, ["a", "b"], t.signal), HANG);
});
