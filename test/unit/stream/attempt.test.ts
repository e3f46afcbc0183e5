import assert from "node:assert/strict";
import { test } from "node:test";
import { createLocalQuarantine } from "../../../src/pipeline/quarantine/local-quarantine.ts";
import { openEnrichment } from "../../../src/pipeline/open-enrichment.ts";
import type { LimitSettings } from "../../../src/limits/limit-settings.ts";
import { FAULT_POLICIES } from "../../../src/domain/fault-policy.ts";
import { Fault } from "../../../src/domain/faults.ts";
import { attempt, type Verdict } from "../../../src/stream/attempt.ts";
import { createMemoryState } from "../../support/fakes/memory-state.ts";
import { createFakeEmbedder, type FakeOptions } from "../../support/fakes/fake-embedder.ts";
import { createFakeLogStore } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { recordEvents } from "../../support/fakes/recorded-events.ts";
import { createManualStop } from "../../support/fakes/stop-signals.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import { signer } from "../../support/fakes/signer.ts";

const OUTAGE = new Fault("quota", "fake: no money");

/** One try, over indices whose survey is only counted. */
function setUp(options: FakeOptions & { moreIsKnown?: boolean; allowed?: LimitSettings } = {}) {
  const clock = createManualClock();
  const store = createFakeLogStore(errorLogs(4), { now: clock.now });
  const embedder = createFakeEmbedder(options);
  const { events, told } = recordEvents();
  const state = createMemoryState();
  const asked: string[] = [];
  const deps = {
    ...openEnrichment({
      store,
      vectors: store,
      embedder,
      tokens: createTokens().tokens,
      state,
      localQuarantine: createLocalQuarantine({ state, clock, events }),
      signer,
      clock,
      events,
      settings: {
        cache: { maxEntries: 100, ttlMs: 1e6 },
        text: { redaction: "off", form: "message" },
        limits: options.allowed ?? {},
      },
    }),
    events,
    surveys: {
      ensureSurveyed: () => Promise.resolve(1),
      renew: () => Promise.resolve(options.moreIsKnown ?? false),
      markOutdated: (what: string) => void asked.push(what),
    },
  };
  const stop = createManualStop();
  const run = async (targets: Parameters<typeof attempt>[1]) => {
    const running = attempt(deps, targets, stop.signals);
    running.catch(() => undefined);
    // What is tried again waits in between.
    await clock.advance(60_000);
    return running;
  };
  return { store, embedder, asked, run, told };
}

function brief(verdict: Verdict): string {
  if (verdict.state === "retry_later") return `retry_later ${verdict.fault.kind}`;
  return verdict.state === "rejected" ? "rejected" : `${verdict.state} ${verdict.outcome}`;
}

test("verdicts come in the order of the targets", async () => {
  const { run, store } = setUp();
  store.seed([errorLog(9, " ")]);
  const ids = ["log-2", "gone", "log-9", "log-2", "log-0"];
  const { verdicts, use } = await run(ids.map((id) => ({ id })));
  assert.deepEqual(verdicts.map(brief), [
    "done updated",
    "not_found_yet missing",
    "done empty",
    "done already_vectorized",
    "done updated",
  ]);
  assert.equal(use.texts, 2);
});

test("a document that cannot be found asks for a new survey of the indices, one in an unknown index more urgently", async () => {
  const { run, asked } = setUp();
  await run([{ id: "log-1" }, { id: "gone", index: "app_logs" }]);
  assert.deepEqual(asked, []);
  await run([{ id: "log-2" }, { id: "gone" }]);
  assert.deepEqual(asked, ["some"]);
  await run([{ id: "gone" }, { id: "gone", index: "nowhere" }]);
  assert.deepEqual(asked, ["some", "named"]);
});

test("a document that may be in what was not seen is not missing, and is left to the backfill", async () => {
  const { run, store } = setUp();
  store.define("app_logs", { partial: "1 of 5 shards failed" });
  const { verdicts } = await run([{ id: "gone" }, { id: "log-1" }]);
  assert.deepEqual(verdicts.map(brief), ["not_found_yet deferred", "done updated"]);
  assert.match(
    String(verdicts[0]?.state === "not_found_yet" && verdicts[0].fault),
    /app_logs: 1 of 5/,
  );
});

test("where a new survey knows more, it looks once more before anything is late", async () => {
  const { run, store } = setUp({ moreIsKnown: true });
  store.before("locate", (call) => {
    if (call === 2) store.seed([{ ...errorLog(7, "seven"), index: "new" }]);
  });
  const { verdicts } = await run([{ id: "log-7", index: "new" }, { id: "log-1" }]);
  assert.deepEqual(verdicts.map(brief), ["done updated", "done updated"]);
  assert.equal(store.calls.locate, 2);
});

test("vectors embedded before the embedder failed are written, and only the rest is retried later", async () => {
  const { run, embedder } = setUp({ limits: { maxTextsPerRequest: 2 } });
  embedder.plan(
    ({ answer }) => answer(),
    () => {
      throw OUTAGE;
    },
  );
  const { verdicts } = await run(["log-0", "log-1", "log-2", "log-3"].map((id) => ({ id })));
  assert.deepEqual(verdicts.map(brief), [
    "done updated",
    "done updated",
    "retry_later quota",
    "retry_later quota",
  ]);
});

test("a text that the embedder fails at alone holds none of the others", async () => {
  const { run, embedder } = setUp();
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ logId }) => logId === "log-2")) throw new Fault("outage", "fake: 500");
    return answer();
  });
  const { verdicts } = await run(["log-0", "log-1", "log-2", "log-3"].map((id) => ({ id })));
  assert.deepEqual(verdicts.map(brief), [
    "done updated",
    "done updated",
    "not_found_yet deferred",
    "done updated",
  ]);
});

test("a record that only our own budget keeps from its vector is left to the backfill; what costs nothing is written", async () => {
  const { run, store, embedder } = setUp({ allowed: { usdPerDay: 1e-6 } });
  store.seed([errorLog(8, " ")]);
  const targets = ["log-0", "log-8", "gone"].map((id) => ({ id }));
  assert.deepEqual((await run(targets)).verdicts.map(brief), [
    "done deferred",
    "done empty",
    "not_found_yet missing",
  ]);
  assert.equal(embedder.calls.length, 0);
});

test("a write that fails for all holds them, whatever was paid for is kept", async () => {
  const { run, store, embedder } = setUp();
  store.before("write", (call) => {
    if (call <= 1 + (FAULT_POLICIES.outage.retries?.max ?? 0))
      throw new Fault("outage", "fake: down");
  });
  const targets = [{ id: "log-0" }, { id: "log-1" }];
  assert.deepEqual((await run(targets)).verdicts.map(brief), [
    "retry_later outage",
    "retry_later outage",
  ]);
  const second = await run(targets);
  assert.deepEqual(second.verdicts.map(brief), ["done reused", "done reused"]);
  assert.equal(embedder.calls.length, 1);
});

for (const [kind, verdict] of [
  ["rate", "retry_later rate"],
  ["outage", "retry_later outage"],
  ["index", "done deferred"],
  ["credentials", "done deferred"],
  ["configuration", "done deferred"],
  ["record", "rejected"],
] as const) {
  test(`an update that is refused (${kind}) is ${verdict}, the others are written`, async () => {
    const { run, store } = setUp();
    store.refuse(({ record }) => (record.id === "log-0" ? new Fault(kind, "fake: no") : undefined));
    const { verdicts } = await run([{ id: "log-0" }, { id: "log-1" }]);
    assert.deepEqual(verdicts.map(brief), [verdict, "done updated"]);
  });
}

test("a mistake of ours is not taken for an outage", async () => {
  const { run, store } = setUp();
  store.before("locate", () => {
    throw new TypeError("x is not a function");
  });
  await assert.rejects(run([{ id: "log-0" }]), TypeError);
});

/** A document that got its vector from an earlier message, and another text since. */
async function changedText(options: Parameters<typeof setUp>[0] = {}) {
  const setup = setUp(options);
  const { run, store } = setup;
  await run([{ id: "log-1" }, { id: "log-2" }]);
  store.change({ index: "app_logs", id: "log-1" }, { message: "quite another error" });
  const now = () => store.read({ index: "app_logs", id: "log-1" }) ?? {};
  return { ...setup, now };
}

test("a message that comes again after its document's text changed: the new text is embedded", async () => {
  const { run, now, embedder } = await changedText();
  const { verdicts, use } = await run([{ id: "log-1" }, { id: "log-2" }]);
  assert.deepEqual(verdicts.map(brief), ["done updated", "done already_vectorized"]);
  assert.equal(use.texts, 1);
  assert.deepEqual(
    embedder.calls.at(-1)?.map(({ text }) => text),
    ["quite another error"],
  );
  assert.partialDeepStrictEqual(now(), {
    log_vector_meta: { text_hash: signer.textHash("quite another error") },
  });
});

test("where the new text gets no vector now, the old one goes and the backfill finds the record", async () => {
  const { run, now, embedder, store } = await changedText();
  embedder.always(() => {
    throw OUTAGE;
  });
  await run([{ id: "log-1" }]);
  assert.deepEqual([now()["log_vector"], now()["log_vector_meta"]], [null, null]);
  const { signal } = new AbortController();
  await store.makeVisible(["app_logs"], signal);
  const query = { indices: ["app_logs"], limit: 10, excludeKeys: [] };
  const { records } = await store.findPending(query, signal);
  assert.ok(records.some(({ id }) => id === "log-1"));
});

test("where the embedder refuses the new text, a mark takes the place of the old one's vector", async () => {
  const { run, now, embedder } = await changedText();
  embedder.always(({ inputs, answer }) => {
    if (inputs.some(({ text }) => text.startsWith("quite"))) throw new Fault("record", "refused");
    return answer();
  });
  assert.deepEqual((await run([{ id: "log-1" }])).verdicts.map(brief), ["rejected"]);
  assert.equal(now()["log_vector"], null);
  assert.partialDeepStrictEqual(now(), { log_vector_meta: { skipped: "refused" } });
});

test("the vector of a text that other rules made is left as it is", async () => {
  const { run, now, store, embedder } = await changedText();
  const meta = { ...Object(now()["log_vector_meta"]), text: "otherrul" };
  store.change({ index: "app_logs", id: "log-1" }, { log_vector_meta: meta });
  const before = embedder.calls.length;
  const { verdicts } = await run([{ id: "log-1" }]);
  assert.deepEqual(
    [verdicts.map(brief), embedder.calls.length],
    [["done already_vectorized"], before],
  );
});
