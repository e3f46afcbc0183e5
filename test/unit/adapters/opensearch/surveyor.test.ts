import assert from "node:assert/strict";
import { test } from "node:test";
import { createSurveyor } from "../../../../src/adapters/opensearch/surveyor.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import type { FaultKind } from "../../../../src/domain/faults.ts";
import { createFakeApi } from "./fake-api.ts";

const WANTED = {
  levels: ["ERROR"],
  idField: "log_id",
  vectorField: "log_vector",
  metaField: "log_vector_meta",
  dimensions: 3,
  mapping: "auto",
} as const;
const { signal } = new AbortController();

/** A cluster whose state and indices a test changes. */
function setUp() {
  const cluster: { state: unknown; refused?: FaultKind; indices: string[] } = {
    state: { version: 1, state_uuid: "a" },
    indices: ["app_a"],
  };
  const { api, sent } = createFakeApi(({ path }) => {
    if (path === "/_cluster/state/version") {
      if (cluster.refused) throw new Fault(cluster.refused, "refused");
      return cluster.state;
    }
    if (path.startsWith("/_resolve")) {
      return { indices: cluster.indices.map((name) => ({ name })) };
    }
    return {};
  });
  const survey = createSurveyor(api, "app_*", WANTED);
  const named = async () => {
    const { survey: found } = await survey(signal);
    return found.unfit.map(({ index }) => index);
  };
  const taken = () => sent.filter(({ path }) => path.startsWith("/_resolve")).length;
  return { cluster, survey, named, taken, sent };
}

test("those who ask at the same time share one survey, whether or not the state may be read", async () => {
  for (const refused of [undefined, "credentials"] as const) {
    const { cluster, named, taken } = setUp();
    if (refused) cluster.refused = refused;
    const asked = Array.from({ length: 8 }, () => named());
    assert.deepEqual(
      await Promise.all(asked),
      Array.from({ length: 8 }, () => ["app_a"]),
    );
    assert.equal(taken(), 1);
  }
});

test("one who is stopped takes the survey from nobody else", async () => {
  const { survey, taken } = setUp();
  const stopped = new AbortController();
  const first = survey(stopped.signal);
  const second = survey(signal);
  await Promise.resolve();
  stopped.abort();
  await assert.rejects(first, { kind: "outage" });
  assert.equal((await second).survey.unfit.length, 1);
  assert.equal(taken(), 1);
});

test("a caller that sees a newer cluster state does not share a survey of the older one", async () => {
  const { cluster, named, taken } = setUp();
  const first = named();
  cluster.state = { version: 2, state_uuid: "a" };
  const second = named();
  await Promise.all([first, second]);
  assert.equal(taken(), 2);
});

test("as long as the cluster's state is the same, its indices are not read again", async () => {
  const { named, taken, sent } = setUp();
  assert.deepEqual(await named(), ["app_a"]);
  const before = sent.length;
  assert.deepEqual(await named(), ["app_a"]);
  assert.deepEqual([taken(), sent.length - before], [1, 1]);
});

for (const state of [
  { version: 2, state_uuid: "a" },
  { version: 1, state_uuid: "b" },
]) {
  test(`a state of ${JSON.stringify(state)} after version 1 of a is a change that is seen`, async () => {
    const { cluster, named } = setUp();
    await named();
    cluster.state = state;
    cluster.indices.push("app_b");
    assert.deepEqual(await named(), ["app_a", "app_b"]);
  });
}

test("a change while the survey is taken is seen the next time", async () => {
  const { cluster, named } = setUp();
  const first = named();
  // The version has been asked for, the indices not yet.
  cluster.state = { version: 2, state_uuid: "a" };
  await first;
  cluster.indices = ["app_c"];
  assert.deepEqual(await named(), ["app_c"]);
});

test("a client that may not read the cluster state surveys each time, and asks for the state once", async () => {
  const { cluster, named, taken, sent } = setUp();
  cluster.refused = "credentials";
  await named();
  cluster.indices = ["app_b"];
  assert.deepEqual(await named(), ["app_b"]);
  const asked = sent.filter(({ path }) => path === "/_cluster/state/version").length;
  assert.deepEqual([taken(), asked], [2, 1]);
});

test("a state that could not be read for once is read the next time", async () => {
  const { cluster, named, taken } = setUp();
  cluster.refused = "outage";
  await named();
  delete cluster.refused;
  await named();
  await named();
  assert.equal(taken(), 2);
});

test("an answer without a version is no state to go by", async () => {
  const { cluster, named, taken } = setUp();
  cluster.state = {};
  await named();
  await named();
  assert.equal(taken(), 2);
});
