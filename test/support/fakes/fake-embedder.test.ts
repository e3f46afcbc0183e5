import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault } from "../../../src/domain/faults.ts";
import { testEmbedderContract } from "../../contract/embedder-contract.ts";
import { createFakeEmbedder, failWith, hang } from "./fake-embedder.ts";

testEmbedderContract("fake", () => createFakeEmbedder());

const INPUTS = [{ text: "disk full", logId: "1" }];

test("does what is planned for a call, then what is usual", async (t) => {
  const fake = createFakeEmbedder();
  fake.always(() => ({ vectors: [null], tokens: null }));
  fake.plan(failWith(new Fault("rate", "fake: slow down")), ({ answer }) => answer());
  await assert.rejects(fake.embed(INPUTS, t.signal), /slow down/);
  assert.equal((await fake.embed(INPUTS, t.signal)).vectors[0]?.length, 8);
  assert.deepEqual((await fake.embed(INPUTS, t.signal)).vectors, [null]);
  assert.deepEqual(fake.calls, [INPUTS, INPUTS, INPUTS]);
});

test("a call that hangs ends when the signal aborts", async () => {
  const fake = createFakeEmbedder();
  fake.plan(hang);
  const stop = new AbortController();
  const call = fake.embed(INPUTS, stop.signal);
  stop.abort();
  await assert.rejects(call, { kind: "outage" });
});
