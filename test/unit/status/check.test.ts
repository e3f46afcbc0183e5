import assert from "node:assert/strict";
import { test } from "node:test";
import { createToText } from "../../../src/pipeline/text.ts";
import { reportWithoutModel, runChecks } from "../../../src/status/check.ts";
import type { CheckReport } from "../../../src/status/check-report.ts";
import type { ModelInForce } from "../../../src/domain/other-models.ts";
import { Fault } from "../../../src/domain/faults.ts";
import {
  createFakeEmbedder,
  failWith,
  type FakeOptions,
} from "../../support/fakes/fake-embedder.ts";
import { createFakeLogStore, type SeedDocument } from "../../support/fakes/fake-log-store.ts";
import { errorLog, errorLogs } from "../../support/log-documents.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";
import { signer } from "../../support/fakes/signer.ts";
import { createTokens } from "../../support/fakes/token-counter.ts";
import { otherModelsIn } from "../../support/other-models.ts";

function setUp(
  documents: readonly SeedDocument[],
  {
    ownDimensions,
    chosenBy,
    localDefault,
    ...options
  }: FakeOptions & Pick<ModelInForce, "ownDimensions" | "chosenBy" | "localDefault"> = {},
) {
  const embedder = createFakeEmbedder(options);
  const { model, dimensions } = embedder;
  const store = createFakeLogStore(documents, { inForce: { model, dimensions } });
  const clock = createManualClock();
  const toText = createToText({ redaction: "secrets", form: "message" });
  const otherModels = otherModelsIn({ store, clock, price: embedder.pricePerMillionTokens });
  const { tokens } = createTokens();
  const stampKey = signer.key;
  const inForce = {
    model,
    dimensions,
    ...(ownDimensions !== undefined && { ownDimensions }),
    ...(chosenBy && { chosenBy }),
    ...(localDefault && { localDefault }),
  };
  const deps = { store, embedder, inForce, clock, toText, tokens, otherModels, stampKey };
  const run = () => runChecks(deps, new AbortController().signal);
  return { store, embedder, clock, run };
}

/** Result of each check by name. */
function results({ checks }: CheckReport): Record<string, string> {
  return Object.fromEntries(checks.map(({ name, result }) => [name, result]));
}

function detail({ checks }: CheckReport, name: string): string {
  return checks.find((check) => check.name === name)?.detail ?? "";
}

const OUTAGE = new Fault("outage", "fake: connection refused", { hint: "Is it running?" });

test("hashing that no setting names is a warning with the settings that change it", async () => {
  const { run } = setUp(errorLogs(1), {
    chosenBy: "stored_vectors",
    localDefault: { name: "all-minilm-l6-v2", dimensions: 384 },
  });
  const { checks } = await run();
  const found = checks.find(({ name }) => name === "model");
  assert.equal(found?.result, "warning");
  assert.match(found?.hint ?? "", /EMBEDDING_MODEL=all-minilm-l6-v2/);
});

test("where nobody knows the model the report is that one failure, and nothing counts as 0", () => {
  const report = reportWithoutModel(OUTAGE);
  assert.deepEqual(results(report), { model: "failed" });
  assert.deepEqual([report.fault, report.pending], [OUTAGE, null]);
});

test("where all is well every check says so, and nothing is written", async () => {
  const { run, store } = setUp(errorLogs(5));
  const report = await run();
  assert.deepEqual(results(report), {
    connection: "ok",
    indices: "ok",
    vectors: "ok",
    stamps: "ok",
    backlog: "ok",
    updates: "ok",
    embedder: "ok",
  });
  assert.equal(report.fault, undefined);
  assert.equal(report.pending, 5);
  assert.match(
    detail(report, "connection"),
    /^opensearch 3\.2\.0, cluster fake at http:\/\/fake:9200, 0 ms$/,
  );
  const { write, prepare, makeVisible } = store.calls;
  assert.deepEqual({ write, prepare, makeVisible }, { write: 0, prepare: 0, makeVisible: 0 });
});

test("the cost is reckoned from a sample, for all that is pending", async () => {
  const documents = Array.from({ length: 250 }, (_, i) => errorLog(i, "x".repeat(40)));
  const { run } = setUp(documents, { pricePerMillionTokens: 100 });
  const report = await run();
  assert.deepEqual(report.estimate, { tokens: 2500, cost_usd: 0.25 });
  assert.match(
    detail(report, "backlog"),
    /^250 records pending, about 2500 tokens, at most \$0\.2500$/,
  );
});

test("the estimate of a text that is cut at the embedder's limit stops there", async () => {
  const { run } = setUp([errorLog(1, "x".repeat(4000))], { limits: { maxTokensPerText: 10 } });
  assert.equal((await run()).estimate?.tokens, 10);
});

test("an unknown price is said to be so", async () => {
  const { run } = setUp(errorLogs(1), { pricePerMillionTokens: null });
  const report = await run();
  assert.equal(report.estimate?.cost_usd, null);
  assert.match(detail(report, "backlog"), /price unknown$/);
  const { hint } = report.checks.find(({ name }) => name === "backlog") ?? {};
  assert.match(hint ?? "", /^Set EMBEDDING_PRICE_PER_MILLION_TOKENS/);
});

test("three sample records are embedded, with dimension and latency", async () => {
  const { run, embedder, clock } = setUp([...errorLogs(5), errorLog(9, "  ")]);
  embedder.always(({ answer }) => {
    clock.jump(25);
    return answer();
  });
  const report = await run();
  assert.deepEqual(
    report.samples,
    [4, 3, 2].map((n) => ({ index: "app_logs", id: `log-${n}`, dimensions: 8, latency_ms: 25 })),
  );
  assert.match(
    detail(report, "embedder"),
    /3 sample records embedded, 8 dimensions, 25 ms, 25 ms, 25 ms/,
  );
});

test("where nothing is pending the embedder is tried with a text of ours", async () => {
  const { run, store, embedder } = setUp([]);
  store.define("app_logs", {});
  const report = await run();
  assert.equal(results(report)["embedder"], "ok");
  assert.match(detail(report, "embedder"), /a probe text/);
  assert.equal(embedder.calls.length, 1);
  assert.equal(report.estimate?.tokens, 0);
});

test("unfit indices are a warning, none fit a failure", async () => {
  const { run, store } = setUp(errorLogs(1, "a"));
  store.define("b", { unfit: "closed" });
  const some = await run();
  assert.equal(results(some)["indices"], "warning");
  assert.deepEqual(some.unfit, [{ index: "b", reason: "closed" }]);
  store.define("a", { unfit: "closed" });
  const none = await run();
  assert.deepEqual(results(none), { connection: "ok", indices: "failed", embedder: "ok" });
  assert.equal(none.fault, undefined);
});

test("records of unfit indices are a warning, and a failure where they are more than all others", async () => {
  const { run, store } = setUp([...errorLogs(2, "fit"), ...errorLogs(2, "bytes")]);
  store.define("bytes", { unfit: "takes bytes" });
  const few = await run();
  assert.equal(results(few)["skipped"], "warning");
  assert.match(
    detail(few, "skipped"),
    /^2 records in 1 index that cannot take vectors are skipped/,
  );
  store.seed(errorLogs(3, "bytes"));
  const most = await run();
  assert.equal(results(most)["skipped"], "failed");
  assert.match(detail(most, "skipped"), /^3 records .* more than all other indices hold \(2\)$/);
});

test("without a connection nothing else is asked of the store, but the embedder is tried", async () => {
  const { run, store } = setUp(errorLogs(1));
  store.before("info", () => {
    throw OUTAGE;
  });
  const report = await run();
  assert.deepEqual(results(report), { connection: "failed", embedder: "ok" });
  assert.equal(report.fault, OUTAGE);
  assert.deepEqual(report.checks[0], {
    name: "connection",
    result: "failed",
    detail: OUTAGE.message,
    hint: "Is it running?",
  });
  assert.equal(store.calls.survey, 0);
});

test("an embedder that refuses this process is a failure of its own", async () => {
  const { run, embedder } = setUp(errorLogs(1));
  const fault = new Fault("credentials", "fake: 401");
  embedder.always(failWith(fault));
  const report = await run();
  assert.equal(results(report)["embedder"], "failed");
  assert.equal(results(report)["updates"], "ok");
  assert.equal(report.fault, fault);
});

test("of two failures the first is the one that counts", async () => {
  const { run, store, embedder } = setUp(errorLogs(1));
  store.before("coverage", () => {
    throw OUTAGE;
  });
  embedder.always(failWith(new Fault("credentials", "fake: 401")));
  assert.equal((await run()).fault, OUTAGE);
});

test("an embedder that answers nonsense fails the check", async () => {
  const { run, embedder } = setUp(errorLogs(1));
  embedder.always(() => ({ vectors: [new Float32Array(8)], tokens: 1 }));
  const report = await run();
  assert.equal(results(report)["embedder"], "failed");
  assert.match(detail(report, "embedder"), /nothing but zeros/);
});

test("refused updates fail the check, and name the first", async () => {
  const { run, store } = setUp([...errorLogs(1, "a"), ...errorLogs(1, "b")]);
  store.probeWritable = (indices) =>
    Promise.resolve(
      indices.map((index) =>
        index === "a"
          ? { index, allowed: false, reason: "no permission" }
          : { index, allowed: true },
      ),
    );
  const report = await run();
  assert.equal(results(report)["updates"], "failed");
  assert.equal(detail(report, "updates"), "refused in 1 of 2 indices, first a: no permission");
  assert.equal(report.fault, undefined);
});

test("an index that takes no updates for now is no matter of permissions", async () => {
  const { run, store } = setUp(errorLogs(1, "a"));
  const fault = new Fault("index", "not enough active copies");
  store.probeWritable = (indices) =>
    Promise.resolve(
      indices.map((index) => ({ index, allowed: false, reason: fault.message, fault })),
    );
  const { checks } = await run();
  const { hint } = checks.find(({ name }) => name === "updates") ?? {};
  assert.match(hint ?? "", /^No cycle writes there until this is over\. GET _cluster/);
});

test("a backlog that cannot be seen in whole is no success", async () => {
  const { run, store } = setUp(errorLogs(1, "a"));
  store.define("a", { partial: "3 of 5 shards failed" });
  const report = await run();
  assert.equal(results(report)["backlog"], "failed");
  assert.match(
    detail(report, "backlog"),
    /^at least 1 record .*; not everything could be seen: a: 3 of 5 shards failed$/,
  );
  const gaps = [{ index: "a", reason: "3 of 5 shards failed" }];
  assert.partialDeepStrictEqual(report, { pending: null, gaps });
});

test("one of anything is told in the singular", async () => {
  const { run, store } = setUp([errorLog(1, "x")]);
  store.define("app_logs", { partial: "1 of 5 shards failed" });
  const report = await run();
  const said = report.checks.map(({ detail: one }) => one).join("\n");
  for (const part of [
    /^at least 1 record pending, about 1 token, .*: 1 of 5 shards failed$/m,
    /^allowed in 1 index$/m,
    /: 1 sample record embedded, /,
  ]) {
    assert.match(said, part);
  }
  assert.doesNotMatch(said, /\b1 \w+(s|ices)\b/);
});

test("a bug is not taken for a failed check", async () => {
  const { run, store } = setUp(errorLogs(1));
  store.before("survey", () => {
    throw new TypeError("x is not a function");
  });
  await assert.rejects(run(), TypeError);
});

test("the samples are masked before the embedder gets them, as a cycle's texts are", async () => {
  const { run, embedder } = setUp([errorLog(1, "login failed: password=hunter2secret")]);
  await run();
  const sent = embedder.calls.flat().map(({ text }) => text);
  assert.deepEqual(sent, ["login failed: password=***"]);
});

test("vectors of another model are a warning with the command, before anything is paid for them", async () => {
  const { source, ...rest } = errorLog(1, "disk full");
  const meta = { model: "old", dimensions: 8 };
  const { run, store, embedder } = setUp([
    { ...rest, source: { ...source, log_vector: [1], log_vector_meta: meta } },
  ]);
  const report = await run();
  assert.equal(results(report)["vectors"], "warning");
  assert.match(
    detail(report, "vectors"),
    /^0 with a vector of fake-model\. 1 record carries .*old/,
  );
  assert.match(report.checks.find(({ name }) => name === "vectors")?.hint ?? "", /--dry-run/);
  assert.equal(report.other_models?.records, 1);
  const sent = embedder.calls.flat().map(({ text }) => text);
  assert.deepEqual(sent, ["connection refused"], "the probe alone");
  assert.deepEqual(store.writes, []);
});

test("vectors of another length are said where the indices are judged", async () => {
  const { run, store } = setUp(errorLogs(1, "a"));
  const { survey } = store;
  store.survey = async (signal) => {
    const { fit } = await survey(signal);
    const unfit = [{ index: "b", reason: "log_vector has 64 dimensions, not 8", dimensions: 64 }];
    return { fit, unfit };
  };
  assert.match(detail(await run(), "indices"), /b is mapped for vectors of length 64/);
});

test("an index mapped for longer vectors than a local model makes is said with what pads them", async () => {
  const { run, store } = setUp(errorLogs(1, "a"), { ownDimensions: 8 });
  const { survey } = store;
  store.survey = async (signal) => {
    const { fit } = await survey(signal);
    const unfit = [{ index: "b", reason: "log_vector has 64 dimensions, not 8", dimensions: 64 }];
    return { fit, unfit };
  };
  assert.match(
    detail(await run(), "indices"),
    /length 64, but fake-model makes vectors of length 8: .* Set EMBEDDING_DIMENSIONS=64 and LOCAL_PAD=true .*, or VECTOR_FIELD to a second field, or reindex/,
  );
});

test("levels that look like a wanted one are counted, with the setting that takes them in", async () => {
  const levels = ["ERROR ", "ERROR ", "[ERROR]", "E", "17", "17", "17", "INFO", "FATAL"];
  const documents = [
    ...errorLogs(2),
    ...levels.map((level, i) => {
      const log = errorLog(100 + i, "x");
      return { ...log, source: { ...log.source, level } };
    }),
  ];
  const { store, embedder, clock } = setUp(documents);
  const tokens = createTokens().tokens;
  const deps = {
    store,
    embedder,
    inForce: embedder,
    clock,
    tokens,
    toText: (text: string) => text,
    otherModels: async () => null,
    stampKey: signer.key,
  };
  const { signal } = new AbortController();
  const report = await runChecks({ ...deps, levels: ["ERROR"] }, signal);
  const found = report.checks.find(({ name }) => name === "levels");
  assert.deepEqual(found, {
    name: "levels",
    result: "warning",
    detail:
      "7 records have a level that looks like a wanted one but is not equal, so cycles do not find them " +
      '(level 17: 3, level "ERROR ": 2, level [ERROR]: 1, level E: 1)',
    hint: `To include them, set ENRICHMENT_LEVELS='ERROR,17,"ERROR ",[ERROR],E'`,
  });
  const taken = await runChecks(
    { ...deps, levels: ["ERROR", "17", "ERROR ", "[ERROR]", "E"] },
    signal,
  );
  assert.equal(
    taken.checks.find(({ name }) => name === "levels"),
    undefined,
  );
});
