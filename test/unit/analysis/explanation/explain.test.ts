import assert from "node:assert/strict";
import { test } from "node:test";
import { explainAnswerShape } from "../../../../src/analysis/explanation/explain-answer.ts";
import {
  explain,
  type ExplainDeps,
  type Progress,
} from "../../../../src/analysis/explanation/explain.ts";
import type { Subject } from "../../../../src/analysis/explanation/gather-evidence.ts";
import { explainReport } from "../../../../src/analysis/explanation/report.ts";
import type { Evidence, ModelAnswer } from "../../../../src/domain/explanation/claim.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { sightedGroup } from "../../../../src/domain/memory/group.ts";
import { createNotes } from "../../../../src/memory/notes.ts";
import type { ModelQuestion } from "../../../../src/ports/language-model.ts";
import { createFakeErrorMemory } from "../../../support/fakes/fake-error-memory.ts";
import { recordEvents } from "../../../support/fakes/recorded-events.ts";
import { createMemoryState } from "../../../support/fakes/memory-state.ts";
import { NOW, setUpGroups } from "../groups-setup.ts";

const { signal } = new AbortController();

const DISK = { text: "Disk 7 of node-3 is full: No space left on device", service: "shop" };
const GROUP = groupOf(DISK).group;
const LOGS = [
  { hours: 300, ...DISK, text: DISK.text.replace("7", "4"), host: "node-3" },
  { hours: 1, ...DISK, host: "node-8" },
  { hours: 0.99, ...DISK },
  { hours: 1.02, text: "Compaction of segment 12 failed", service: "shop" },
  { hours: 1.03, text: "password hunter2 was refused", service: "shop" },
  { hours: 1, text: "Login of kim failed", service: "login" },
];

type Answer = Partial<ModelAnswer> | string | Fault;

/** A store with two episodes of one error, its note, and a model that says what it is told to. */
async function setUp({
  answers,
  send = "text",
  note = true,
}: { answers?: readonly Answer[]; send?: "text" | "template"; note?: boolean } = {}) {
  const memory = createFakeErrorMemory();
  const { groups, deps } = setUpGroups(LOGS, memory);
  const clock = { now: () => NOW };
  const notes = createNotes({ memory: async () => memory, clock, remember: groups.remember });
  if (note) {
    await notes.add(
      {
        group: GROUP,
        cause: "the archive job keeps every segment",
        fix: "run archive-clean on the node",
        author: "kim",
      },
      signal,
    );
  }
  const questions: ModelQuestion[] = [];
  const state = createMemoryState();
  const { events, told } = recordEvents();
  const explainDeps: ExplainDeps = {
    ...deps,
    language: "en",
    state,
    events,
    find: () => assert.fail("nothing is searched for"),
    llm: answers && {
      model: "stand-in",
      send,
      async ask(question) {
        const said = answers[questions.length] ?? "";
        questions.push(question);
        if (said instanceof Fault) throw said;
        const whole = { verdict: "known", claims: [], missing: [] };
        const text = typeof said === "string" ? said : JSON.stringify({ ...whole, ...said });
        return { text, cut: false, tokens: { input: 1000, output: 100 } };
      },
      cost: ({ input, output }) => (input + output) / 1e6,
    },
  };
  const ask = async (subject: Subject = { group: GROUP }, progress?: Progress) =>
    explainAnswerShape.parse(await explain(explainDeps, subject, signal, progress));
  return { ask, questions, state, told, deps: explainDeps, memory, notes };
}

function refOf(evidence: readonly Evidence[], part: string): string {
  return (
    evidence.find(({ text, title }) => `${title}\n${text}`.includes(part))?.ref ?? assert.fail(part)
  );
}

test("without a model: documents, facts and notes, and that it is known", async () => {
  const { ask } = await setUp();
  const { verdict, evidence, claims, cause, action, model, usage, subject } = await ask();
  assert.equal(verdict, "known");
  assert.deepEqual([claims, cause, action, model], [[], null, null, null]);
  assert.equal(usage.requests, 0);
  assert.equal(subject.group, GROUP);
  const own = evidence.find(({ ref }) => ref === "E1");
  assert.match(own?.text ?? "", /^Disk 7 of node-3 is full/);
  assert.equal(own?.index, "app_logs");
  assert.match(evidence.find(({ ref }) => ref === "N1")?.text ?? "", /archive job/);
  const texts = evidence.map(({ title, text }) => `${title}: ${text}`).join("\n");
  assert.match(texts, /3 records in all; 2 in the last 24 hours/);
  assert.match(texts, /node-8: 1 record now, 0 usually; not usual: it is new there/);
  assert.match(texts, /an earlier episode of this error/);
  assert.match(texts, /shortly before.*: Compaction of segment 12 failed/);
  assert.match(texts, /password <secret> was refused/);
  assert.doesNotMatch(texts, /hunter2|Login of kim/);
});

test("an error that nothing is known of is unknown", async () => {
  const { ask } = await setUp();
  const { verdict } = await ask({ of: { index: "app_logs", id: "log-3" } });
  assert.equal(verdict, "unknown");
});

test("sentences that hold are shown, cause and action among them, as they come", async () => {
  const { ask: askFirst } = await setUp();
  const { evidence } = await askFirst();
  const [note, disk] = [refOf(evidence, "archive job"), refOf(evidence, "No space left")];
  const answers = [
    {
      claims: [
        {
          kind: "observed" as const,
          text: "Disk 7 of node-3 is full.",
          cites: [{ ref: disk, quote: "Disk 7 of node-3 is full" }],
        },
        {
          kind: "hypothesis" as const,
          text: "The archive job keeps every segment.",
          cites: [{ ref: note, quote: "the archive job keeps every segment" }],
        },
        {
          kind: "fix" as const,
          text: "Run archive-clean on the node.",
          cites: [{ ref: note, quote: "run archive-clean on the node" }],
        },
      ],
      missing: ["Was archive-clean run on node-3?"],
    },
  ];
  const { ask, questions, deps } = await setUp({ answers });
  const seen: string[] = [];
  const answer = await ask(undefined, {
    evidence: (one) => void seen.push(`evidence ${one.claims.length}`),
    claim: ({ kind }) => void seen.push(kind),
  });
  assert.deepEqual(seen, ["evidence 0", "observed", "hypothesis", "fix"]);
  assert.equal(answer.cause?.kind, "hypothesis");
  assert.equal(answer.action?.text, "Run archive-clean on the node.");
  assert.deepEqual(answer.missing, ["Was archive-clean run on node-3?"]);
  assert.deepEqual(answer.claims[0]?.cites[0], {
    ref: disk,
    quote: "Disk 7 of node-3 is full",
    index: "app_logs",
    id: "log-2",
  });
  assert.deepEqual(answer.usage, {
    requests: 1,
    input_tokens: 1000,
    output_tokens: 100,
    cost_usd: 0.0011,
  });
  // The same question again costs nothing, in another process too.
  const again = explainAnswerShape.parse(await explain(deps, { group: GROUP }, signal));
  assert.deepEqual(again.claims, answer.claims);
  assert.equal(again.usage.requests, 0);
  assert.equal(questions.length, 1);
});

test("a cause is certain once somebody confirmed the note", async () => {
  const sure = await setUp();
  const [own] = [...sure.memory.kept.notes.values()];
  assert.ok(own);
  await sure.notes.judge(own.id, { verdict: "confirmed", by: "lee" }, signal);
  const note = refOf((await sure.ask()).evidence, "archive job");
  const llm = {
    model: "stand-in",
    send: "text" as const,
    ask: async () => ({
      text: JSON.stringify({
        verdict: "known",
        claims: [
          {
            kind: "same_as",
            text: "The cause is that the archive job keeps every segment.",
            cites: [{ ref: note, quote: "the archive job keeps every segment" }],
          },
        ],
        missing: [],
      }),
      cut: false,
      tokens: null,
    }),
    cost: () => null,
  };
  const answer = await explain({ ...sure.deps, llm }, { group: GROUP }, signal);
  assert.equal(answer.cause?.kind, "same_as");
});

test("what does not hold is asked for once more, and dropped where it still does not", async () => {
  const lie = {
    kind: "observed" as const,
    text: "Redis on node-9 was down.",
    cites: [{ ref: "E1", quote: "Disk 7 of node-3 is full" }],
  };
  const { ask, questions, told } = await setUp({ answers: [{ claims: [lie] }, { claims: [lie] }] });
  const { claims, dropped, cause } = await ask();
  assert.deepEqual([claims, cause], [[], null]);
  assert.equal(dropped.length, 1);
  assert.match(dropped[0]?.reason ?? "", /does not stand/);
  assert.equal(questions.length, 2);
  assert.match(questions[1]?.user ?? "", /does not stand/);
  assert.deepEqual(
    told.explained.map(({ model, askedMs, tokens }) => [model, askedMs.length, tokens]),
    [["stand-in", 2, { input: 2000, output: 200 }]],
  );
});

test("a mended sentence is shown beside those that held", async () => {
  const cites = [{ ref: "E1", quote: "Disk 7 of node-3 is full" }];
  const right = { kind: "observed" as const, text: "Disk 7 of node-3 is full.", cites };
  const wrong = { kind: "observed" as const, text: "There is no space on node-4.", cites };
  const mended = { kind: "observed" as const, text: "There is no space left on node-3.", cites };
  const { ask } = await setUp({ answers: [{ claims: [right, wrong] }, { claims: [mended] }] });
  const { claims, dropped } = await ask();
  assert.deepEqual(
    claims.map(({ text }) => text),
    [right.text, mended.text],
  );
  assert.deepEqual(dropped, []);
});

for (const [what, said] of [
  ["words", "I think that the disk is full."],
  ["JSON that is cut off", '{"verdict": "known", "claims": [{"text": "Disk 7'],
  ["another form", '{"answer": 42}'],
] as const) {
  test(`an answer that is ${what} is asked for once more, and costs no evidence`, async () => {
    const { ask, questions } = await setUp({ answers: [said, said] });
    const { claims, evidence, problem, verdict, usage } = await ask();
    assert.equal(questions.length, 2);
    assert.deepEqual(claims, []);
    assert.ok(evidence.length > 3);
    assert.equal(verdict, "known");
    assert.match(problem?.message ?? "", /not the JSON/);
    assert.equal(usage.requests, 2);
  });
}

test("JSON within a code fence, after thoughts, is read", async () => {
  const claims = [
    {
      kind: "observed",
      text: "Disk 7 of node-3 is full.",
      cites: [{ ref: "E1", quote: "Disk 7 of node-3 is full" }],
    },
  ];
  const json = JSON.stringify({ verdict: "known", claims, missing: [] });
  const said = `<think>{"claims": []}</think>Here you are:\n\`\`\`json\n${json}\n\`\`\``;
  const { ask, questions } = await setUp({ answers: [said] });
  assert.equal((await ask()).claims.length, 1);
  assert.equal(questions.length, 1);
});

test("a model that fails costs no evidence, and its answer is not kept", async () => {
  const fault = new Fault("outage", "no answer within 60 s", {
    hint: "Raise LLM_TIMEOUT_SECONDS.",
  });
  const { ask, state } = await setUp({ answers: [fault] });
  const { problem, evidence, claims } = await ask();
  assert.deepEqual(problem, {
    message: "no answer within 60 s",
    hint: "Raise LLM_TIMEOUT_SECONDS.",
  });
  assert.ok(evidence.length > 3);
  assert.deepEqual(claims, []);
  assert.equal(await state.load("explanations"), undefined);
});

test("a model can weaken the verdict and not strengthen it", async () => {
  const weak = await setUp({ answers: [{ verdict: "unknown" }] });
  assert.equal((await weak.ask()).verdict, "unknown");
  const bold = await setUp({ answers: [{ verdict: "known" }] });
  assert.equal((await bold.ask({ of: { index: "app_logs", id: "log-3" } })).verdict, "unknown");
});

test("with EXPLAIN_SEND=template nothing that varies in a document is sent or shown", async () => {
  const { ask, questions } = await setUp({ answers: [{}], send: "template" });
  const { evidence } = await ask();
  assert.doesNotMatch(questions[0]?.user ?? "", /node-3|segment 12/);
  assert.match(evidence.find(({ ref }) => ref === "E1")?.text ?? "", /No space left on device/);
});

test("with EXPLAIN_SEND=template that holds for the kept message of deleted records, too", async () => {
  const { ask, questions, memory } = await setUp({ answers: [{}], send: "template" });
  const text = "Volume 9 of node-5 is gone";
  const { group, template } = groupOf({ text });
  const seen = { group, template, service: null, exception: null };
  const kept = sightedGroup(undefined, {
    ...seen,
    example: { index: "app_logs", id: "deleted", text },
    first_seen: new Date(NOW).toISOString(),
    last_seen: new Date(NOW).toISOString(),
  });
  await memory.groups.change([group], () => ({ group: kept }), { visible: "now" }, signal);
  const { evidence } = await ask({ group });
  assert.match(evidence[0]?.text ?? "", /^Volume .* is gone$/);
  assert.doesNotMatch(`${questions[0]?.user}${JSON.stringify(evidence)}`, /node-5/);
});

test("texts of logs stand in the question as one JSON value, whatever they hold", async () => {
  const { ask, questions } = await setUp({ answers: [{}] });
  await ask();
  const [question] = questions;
  const parsed: unknown = JSON.parse(question?.user ?? "");
  assert.ok(typeof parsed === "object" && parsed !== null && "evidence" in parsed);
});

test("a report is Markdown in which no text of a log is markup", async () => {
  const { ask } = await setUp();
  const answer = await ask();
  const [first, ...rest] = answer.evidence;
  assert.ok(first);
  const hostile = "```\n# Owned\n<script>alert(1)</script> [x](http://evil)";
  const report = explainReport(
    { ...answer, evidence: [{ ...first, title: "<b>[a](b)</b>", text: hostile }, ...rest] },
    { version: "1.2.3" },
  );
  assert.match(report, /^# Error report: Disk 7 of node-3 is full/);
  assert.ok(report.includes("````\n```\n# Owned"), report);
  assert.ok(report.includes(String.raw`\<b\>\[a\](b)\</b\>`), report);
  assert.match(report, /Model: none · log-vectorizer 1\.2\.3/);
});
