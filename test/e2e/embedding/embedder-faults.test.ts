import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import type { Outcomes } from "../../../src/domain/outcome.ts";
import {
  DIMENSIONS,
  errorLog,
  newestOpenSearch,
} from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedError, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";
import { startStubEmbeddingServer } from "../../support/servers/stub-embedding-server.ts";
import type { StubFault } from "../../support/servers/stub-fault.ts";
import { textsWithVector } from "../../support/asserts/stored-vectors.ts";

const TEXTS = ["Disk full", "Connection refused", "Out of memory", "Timeout", "Bad gateway"];
const KEY = "sk-test-0123456789";

/** Faults that concern every record alike: nothing is written, and the reason is told. */
const REFUSALS: [symptom: string, fault: StubFault, kind: string, hint: RegExp][] = [
  ["401", { kind: "unauthorized" }, "credentials", /OPENAI_API_KEY/],
  ["an unknown model", { kind: "model_not_found" }, "configuration", /EMBEDDING_MODEL/],
  [
    "vectors of another dimension",
    { kind: "wrong_dimension", dimensions: DIMENSIONS + 1 },
    "configuration",
    /EMBEDDING_DIMENSIONS/,
  ],
  ["an exhausted quota", { kind: "insufficient_quota" }, "quota", /credit|budget/],
  [
    "429 that asks to wait too long",
    { kind: "rate_limit", retryAfter: { seconds: 3600 } },
    "rate",
    /.*/,
  ],
  ["500 again and again", { kind: "status", status: 500 }, "outage", /.*/],
  ["a web page instead of an answer", { kind: "html" }, "outage", /OPENAI_BASE_URL/],
];

for (const [symptom, fault, kind, hint] of REFUSALS) {
  test(`${symptom}: nothing counts as updated, exit 3, and the next run finishes`, async (t) => {
    const { stub, env, stored } = await stubbed(t);
    stub.setFault(fault);

    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    assert.equal(ended.code, 3, ended.stdout + ended.stderr);
    const error = printedError(ended);
    assert.equal(error.kind, kind, error.message);
    assert.match(error.hint ?? "", hint);
    assert.ok(!`${ended.stdout}${ended.stderr}`.includes(KEY), "the key is shown");
    assert.match(ended.stderr, /5 records deferred to a later cycle/);
    assert.deepEqual(await stored(), []);
    const whole = stub.requests.filter(({ texts }) => texts.length === TEXTS.length);
    // One more, of a harmless text, where the failure could be of one text.
    const probes = kind === "outage" ? 1 : 0;
    assert.equal(stub.requests.length, whole.length + probes);
    assert.ok(whole.length <= 4, `${whole.length} requests in vain`);

    stub.setFault(null);
    const again = await runVectorizer(t, ["--once", "--json"], { env });
    assert.deepEqual(outcomesOf(printedSummary(again)), { updated: 5 });
    assert.deepEqual(await stored(), TEXTS.toSorted());
  });
}

/** Faults that pass, or that concern some records only. */
const PARTIAL: {
  symptom: string;
  fault: StubFault;
  scope?: { next?: number; texts?: (texts: readonly string[]) => boolean };
  outcomes: Partial<Outcomes>;
  code: number;
  without?: string[];
}[] = [
  {
    symptom: "429 that passes",
    fault: { kind: "rate_limit", retryAfter: { ms: 10 } },
    scope: { next: 1 },
    outcomes: { updated: 5 },
    code: 0,
  },
  {
    symptom: "500 once",
    fault: { kind: "status", status: 500, retryAfter: { ms: 10 } },
    scope: { next: 1 },
    outcomes: { updated: 5 },
    code: 0,
  },
  {
    symptom: "a text that the model refuses",
    fault: { kind: "refused", quote: true },
    scope: { texts: (texts) => texts.includes("Timeout") },
    outcomes: { updated: 4, quarantined: 1 },
    code: 1,
    without: ["Timeout"],
  },
  {
    symptom: "a server that answers in another order",
    fault: { kind: "shuffled" },
    outcomes: { updated: 5 },
    code: 0,
  },
  {
    symptom: "a server that knows no base64",
    fault: { kind: "rejects_encoding_format" },
    outcomes: { updated: 5 },
    code: 0,
  },
  {
    symptom: "a server that ignores base64",
    fault: { kind: "floats_for_base64" },
    outcomes: { updated: 5 },
    code: 0,
  },
];

for (const { symptom, fault, scope, outcomes, code, without = [] } of PARTIAL) {
  test(`${symptom}: each record ends as it should`, async (t) => {
    const { stub, env, stored } = await stubbed(t);
    stub.setFault(fault, scope);

    const ended = await runVectorizer(t, ["--once", "--json"], { env });

    assert.deepEqual(outcomesOf(printedSummary(ended)), outcomes, ended.stderr);
    assert.equal(ended.code, code);
    assert.deepEqual(await stored(), TEXTS.filter((text) => !without.includes(text)).toSorted());
  });
}

test("vectors of nothing but zeros, or with NaN, are never written", async (t) => {
  for (const kind of ["zero", "nan"] as const) {
    const { stub, env, stored } = await stubbed(t);
    stub.setFault({ kind });
    const ended = await runVectorizer(t, ["--once", "--json"], { env });
    assert.ok(ended.code === 1 || ended.code === 3, `${kind}: exit ${ended.code}`);
    assert.deepEqual(await stored(), []);
  }
});

test("an answer that is too short is not believed, and no vector lands at another text", async (t) => {
  const { stub, env, stored } = await stubbed(t);
  stub.setFault({ kind: "short", count: 2 });
  const ended = await runVectorizer(t, ["--once", "--json"], { env });
  assert.notEqual(ended.code, 0);
  assert.ok((await stored()).length <= 3);
});

test("the AI service answers in any order; a log that it leaves out is deferred", async (t) => {
  const { stub, env, stored } = await stubbed(t);
  const { OPENAI_BASE_URL: _, OPENAI_API_KEY: __, ...rest } = env;
  const service = { ...rest, AI_SERVICE_URL: stub.url };
  stub.setFault({ kind: "short", count: 2 }, { next: 1 });
  stub.setFault({ kind: "shuffled" });

  const first = await runVectorizer(t, ["--once", "--json"], { env: service });
  const left = TEXTS.length - (await stored()).length;
  const second = await runVectorizer(t, ["--once", "--json"], { env: service });

  assert.deepEqual(outcomesOf(printedSummary(first)), { updated: 3, deferred: 2 });
  assert.deepEqual([first.code, left], [1, 2]);
  assert.deepEqual(outcomesOf(printedSummary(second)), { updated: 2 });
  assert.equal(second.code, 0);
  assert.deepEqual(await stored(), TEXTS.toSorted());
});

test("equal ids in two indices are two logs to the AI service", async (t) => {
  const { fixture, stub, env, stored } = await stubbed(t);
  const other = fixture.name("other");
  await fixture.create(other);
  await fixture.fill(other, [errorLog("Another log of the same id")]);
  const { OPENAI_BASE_URL: _, OPENAI_API_KEY: __, ...rest } = env;

  const service = { ...rest, AI_SERVICE_URL: stub.url };
  const ended = await runVectorizer(t, ["--once", "--json"], { env: service });

  assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 6 });
  assert.deepEqual(await stored(), TEXTS.toSorted());
  assert.deepEqual(await textsWithVector(fixture, other), ["Another log of the same id"]);
});

async function stubbed(t: TestContext) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(
    index,
    TEXTS.map((text, i) => errorLog(text, i)),
  );
  const stub = await startStubEmbeddingServer({ dimensions: DIMENSIONS });
  t.after(() => stub.close());
  const { EMBEDDING_PROVIDER: _, EMBEDDING_MODEL: _model, ...rest } = fixture.env;
  const env = { ...rest, OPENAI_BASE_URL: stub.openAiBaseUrl, OPENAI_API_KEY: KEY };
  return { fixture, stub, env, stored: () => textsWithVector(fixture, index) };
}
