import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { explainAnswerShape } from "../../../../src/analysis/explanation/explain-answer.ts";
import type { Claim } from "../../../../src/domain/explanation/claim.ts";
import { groupOf } from "../../../../src/domain/group.ts";
import { printedAnswer, printedError } from "../../../support/asserts/printed-json.ts";
import { runVectorizer, startVectorizer } from "../../../support/commands/run-command.ts";
import { ask, httpDaemon } from "../../../support/servers/http-daemon.ts";
import { onEachOpenSearch } from "../../../support/servers/open-search-fixture.ts";
import {
  startStubChatServer,
  type ChatRequest,
} from "../../../support/servers/stub-chat-server.ts";
import { cleanFixture } from "../../setup/alone/cluster-setup.ts";

const OWN = ["groups", "episodes", "notes"].map((name) => `log-vectorizer-${name}`);
const TEXT = "Payment 4711 failed: connection to db-7 refused after 3000 ms";
const SERVICE = "payment";
const GROUP = groupOf({ text: TEXT, service: SERVICE }).group;
const TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
const NOW = Date.now();
const minutesAgo = (minutes: number) => new Date(NOW - minutes * 60_000).toISOString();

/** Two runs of one error, ten days apart, what came before the second in its trace and its service, and a note. */
async function setUp(t: TestContext, version: OpenSearchVersion) {
  const fixture = await cleanFixture(t, version);
  const clean = async () => {
    await fixture.send("DELETE", `/${OWN.join()}?ignore_unavailable=true`);
  };
  await clean();
  t.after(clean);
  const index = fixture.name("logs");
  const keyword = { type: "keyword" };
  await fixture.create(index, {
    mappings: {
      properties: {
        "@timestamp": { type: "date" },
        level: keyword,
        message: { type: "text" },
        service: { properties: { name: keyword } },
        trace: { properties: { id: keyword } },
      },
    },
  });
  const log = (minutes: number, message: string, more: object = {}) => ({
    "@timestamp": minutesAgo(minutes),
    level: "ERROR",
    message,
    service: { name: SERVICE },
    ...more,
  });
  await fixture.fill(index, [
    log(14_400, TEXT.replace("4711", "17")),
    log(14_399, TEXT.replace("4711", "18")),
    log(3, "Opening the ledger took 2 tries", { level: "INFO", trace: { id: TRACE } }),
    log(2.5, "Pool of db-7 has 50 of 50 connections in use", { level: "WARN" }),
    log(2, TEXT, { trace: { id: TRACE } }),
    log(90, "Something else entirely", { level: "INFO" }),
  ]);
  const chat = await startStubChatServer();
  t.after(() => chat[Symbol.asyncDispose]());
  const run = (env: Record<string, string>, ...args: string[]) =>
    runVectorizer(t, args, { env: { ...fixture.env, ...env } });
  assert.equal((await run({}, "init", "--memory")).code, 0);
  assert.equal((await run({}, "--drain")).code, 0);
  await fixture.send("POST", `/${index}/_refresh`);
  const noted = await run(
    {},
    "note",
    "add",
    GROUP,
    "--cause",
    "the nightly report holds every connection of db-7",
    "--fix",
    "restart report-worker",
  );
  assert.equal(noted.code, 0, noted.stderr);
  const llm = {
    LLM_MODEL: "stand-in",
    LLM_BASE_URL: chat.baseUrl,
    LLM_API_KEY: "sk-llm-0123456789",
  };
  const explain = async (env: Record<string, string>, ...args: string[]) => {
    const ended = await run(env, "explain", ...args, "--json");
    return { ...printedAnswer(ended, explainAnswerShape), code: ended.code };
  };
  return { fixture, index, run, explain, chat, llm };
}

const promptShape = z.object({
  evidence: z.array(z.object({ ref: z.string(), text: z.string() })),
});

/** The reference of a piece of evidence that a request has. */
function refIn({ user }: ChatRequest, part: string): string {
  const [first = ""] = user.split("\n");
  const { evidence } = promptShape.parse(JSON.parse(first));
  return evidence.find(({ text }) => text.includes(part))?.ref ?? "";
}

function saying(claims: readonly Claim[]): string {
  return JSON.stringify({ verdict: "known", claims, missing: ["Was report-worker running?"] });
}

await onEachOpenSearch((version) => {
  test("without a model an error is explained by what is known of it: documents, facts and notes", async (t) => {
    const { explain, run, index } = await setUp(t, version);
    for (const args of [[GROUP], [index, "4"], ["--text", TEXT.replace("4711", "99")]]) {
      const { code, verdict, evidence, model, subject } = await explain({}, ...args);
      assert.deepEqual(
        [code, verdict, model, subject.group],
        [0, "known", null, GROUP],
        args.join(" "),
      );
      const texts = evidence.map(({ title, text }) => `${title}: ${text}`).join("\n");
      assert.match(
        texts,
        /Cause: the nightly report holds every connection of db-7\nFix: restart report-worker/,
      );
      assert.match(texts, /3 records in all/);
      assert.match(texts, /an earlier episode of this error: .*2 records/);
      if (args[0] === "--text") continue;
      assert.match(texts, /of the same trace.*: Opening the ledger took 2 tries/);
      assert.match(texts, /shortly before.*: Pool of db-7 has 50 of 50 connections in use/);
      assert.doesNotMatch(texts, /Something else entirely/);
    }
    const printed = await run({}, "explain", GROUP);
    assert.equal(printed.code, 0, printed.stderr);
    assert.match(printed.stdout, /^This error was there before\./);
    assert.match(printed.stdout, /No language model is asked/);
    const report = await run({}, "explain", GROUP, "--format", "report");
    assert.match(report.stdout, /^# Error report: Payment 4711 failed/);
  });

  test("of a model's sentences those are shown that hold, and each kind of lie is dropped and counted", async (t) => {
    const { explain, chat, llm, run } = await setUp(t, version);
    const quote = "connection to db-7 refused";
    const own = [{ ref: "E1", quote }];
    const lies: [kind: Claim["kind"], text: string, cites: Claim["cites"]][] = [
      ["observed", "The pool is exhausted.", [{ ref: "E77", quote }]],
      [
        "observed",
        "The connection to db-7 was closed.",
        [{ ref: "E1", quote: "connection to db-7 closed" }],
      ],
      ["observed", "The connection to db-7 was refused after 9000 ms.", own],
      ["observed", "The connection to db-8 was refused.", own],
      ["observed", "The connection of Redis was refused.", own],
      ["observed", "A certificate expired on the balancer.", own],
      ["hypothesis", "Cosmic rays flipped a bit.", own],
      ["same_as", "The connection is refused as before.", own],
      ["observed", "The connection is refused more often than usual.", own],
    ];
    const answer = (request: ChatRequest) => {
      const note = refIn(request, "nightly report");
      return saying([
        { kind: "observed", text: "The connection to db-7 was refused after 3000 ms.", cites: own },
        {
          kind: "observed",
          text: "The nightly report holds every connection of db-7, which is the cause.",
          cites: [{ ref: note, quote: "the nightly report holds every connection of db-7" }],
        },
        {
          kind: "fix",
          text: "Restart report-worker.",
          cites: [{ ref: note, quote: "restart report-worker" }],
        },
        { kind: "fix", text: "Raise the connection limit of db-7.", cites: own },
        ...lies.map(([kind, text, cites]) => ({ kind, text, cites })),
      ]);
    };
    chat.say(answer);
    const { code, claims, dropped, cause, action, usage, missing } = await explain(llm, GROUP);
    assert.equal(code, 0);
    assert.deepEqual(
      claims.map(({ kind, text }) => [kind, text]),
      [
        ["observed", "The connection to db-7 was refused after 3000 ms."],
        ["hypothesis", "The nightly report holds every connection of db-7, which is the cause."],
        ["fix", "Restart report-worker."],
        ["suggestion", "Raise the connection limit of db-7."],
      ],
    );
    assert.deepEqual(
      dropped.map(({ text }) => text),
      lies.map(([, text]) => text),
    );
    assert.equal(cause?.kind, "hypothesis");
    assert.equal(action?.text, "Restart report-worker.");
    assert.deepEqual(missing, ["Was report-worker running?"]);
    assert.deepEqual([chat.requests.length, usage.requests, usage.input_tokens], [2, 2, 2400]);
    assert.equal(chat.requests[0]?.headers.authorization, "Bearer sk-llm-0123456789");
    const printed = await run(llm, "explain", GROUP);
    for (const [, text] of lies) assert.ok(!printed.stdout.includes(text), text);
    assert.match(printed.stdout, /9 sentences do not hold against the evidence/);
  });

  test("a model that is away, refuses, or babbles costs no evidence, and the command says so", async (t) => {
    const { explain, chat, llm, run } = await setUp(t, version);
    const away = await explain({ ...llm, LLM_BASE_URL: "http://127.0.0.1:9/v1" }, GROUP);
    assert.deepEqual([away.code, away.verdict], [1, "known"]);
    assert.match(away.problem?.message ?? "", /127\.0\.0\.1:9/);
    chat.say(() => ({ status: 401, body: { error: { message: "Incorrect API key provided" } } }));
    const refused = await explain(llm, GROUP);
    assert.equal(refused.code, 1);
    assert.match(refused.problem?.hint ?? "", /LLM_API_KEY/);
    chat.say(() => "I am sorry, Dave.");
    const babble = await run(llm, "explain", GROUP);
    assert.equal(babble.code, 1);
    assert.match(babble.stdout, /answer is missing: the model's answer is not the JSON/);
    assert.doesNotMatch(babble.stdout, /Dave/);
    const unset = await run({ LLM_MODEL: "gpt" }, "explain", GROUP);
    assert.equal(unset.code, 2);
    assert.match(unset.stderr, /LLM_API_KEY/);
    const nothing = await run({}, "explain", "f".repeat(16), "--json");
    assert.equal(nothing.code, 2);
    printedError(nothing);
    const wrong = await run({}, "explain", "whatever");
    assert.equal(wrong.code, 2);
    assert.match(wrong.stderr, /16 hex digits/);
  });

  test("a daemon explains by HTTP, as events and on a page", async (t) => {
    const { fixture, chat, llm } = await setUp(t, version);
    chat.say((request) =>
      saying([
        {
          kind: "fix",
          text: "Restart report-worker.",
          cites: [{ ref: refIn(request, "nightly report"), quote: "restart report-worker" }],
        },
      ]),
    );
    const { env, url } = await httpDaemon(t, fixture);
    const daemon = await startVectorizer(t, ["run"], { env: { ...env, ...llm } });
    await daemon.says(/HTTP/);
    const post = (path: string, body: string, headers: Record<string, string>) =>
      ask(t, `${url}${path}`, { method: "POST", body, headers });
    const streamed = await post("/api/v1/explain", JSON.stringify({ group: GROUP }), {
      "content-type": "application/json",
      accept: "text/event-stream",
    });
    const events = (await streamed.text()).match(/^event: \w+$/gm);
    assert.deepEqual(events, ["event: evidence", "event: claim", "event: answer"]);
    const page = await post("/explain", `group=${GROUP}`, {
      "content-type": "application/x-www-form-urlencoded",
      origin: url,
    });
    const text = await page.text();
    assert.equal(page.status, 200, text);
    assert.match(text, /Helped before<\/b>\s*<span dir="auto">Restart report-worker\./);
  });
});
