import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  createOpenAiChat,
  nextChatForm,
  type OpenAiChatOptions,
} from "../../../../src/adapters/openai/openai-chat.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { HANG, startStubChatServer } from "../../../support/servers/stub-chat-server.ts";

const KEY = "sk-test-0123456789";
const QUESTION = { system: "Say it.", user: "What was it?", schema: { type: "object" } };

async function setUp(t: TestContext, options: Partial<OpenAiChatOptions> = {}) {
  const server = await startStubChatServer();
  t.after(() => server[Symbol.asyncDispose]());
  const model = createOpenAiChat({
    apiKey: KEY,
    baseUrl: server.baseUrl,
    model: "some-model",
    maxOutputTokens: 500,
    timeoutMs: 10_000,
    price: null,
    ...options,
  });
  return { server, ask: () => model.ask(QUESTION, t.signal) };
}

async function faultOf(promise: Promise<unknown>): Promise<Fault> {
  const error: unknown = await promise.then(
    () => assert.fail("no fault"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof Fault, String(error));
  return error;
}

test("asks one question without streaming or tools, with the schema and the key", async (t) => {
  const { server, ask } = await setUp(t);
  server.say(() => "{}");
  assert.deepEqual(await ask(), { text: "{}", cut: false, tokens: { input: 1200, output: 80 } });
  const [{ body, headers, system, user } = assert.fail()] = server.requests;
  assert.equal(headers.authorization, `Bearer ${KEY}`);
  assert.deepEqual([system, user], [QUESTION.system, QUESTION.user]);
  const { stream, tools, response_format, max_completion_tokens, temperature, model } = body;
  assert.deepEqual(
    [stream, tools, max_completion_tokens, temperature, model],
    [false, undefined, 500, 0, "some-model"],
  );
  assert.deepEqual(response_format, {
    type: "json_schema",
    json_schema: { name: "explanation", strict: true, schema: QUESTION.schema },
  });
});

test("what a server refuses is left out from then on", async (t) => {
  const { server, ask } = await setUp(t);
  const refuse = (message: string, param?: string) => ({
    status: 400,
    body: { error: { message, param } },
  });
  server.say(({ body }) => {
    if ("max_completion_tokens" in body)
      return refuse("Unrecognized request argument: max_completion_tokens");
    if ("temperature" in body) return refuse("Unsupported value", "temperature");
    const format = body["response_format"];
    if (format) return refuse("response_format is not supported", "response_format");
    return "said";
  });
  assert.equal((await ask()).text, "said");
  assert.equal(server.requests.length, 5);
  assert.equal((await ask()).text, "said");
  assert.equal(server.requests.length, 6);
  assert.equal(server.requests.at(-1)?.body["max_tokens"], 500);
});

test("a refusal for another reason is told, with what to do", async (t) => {
  const { server, ask } = await setUp(t);
  const cases = [
    [401, { error: { message: "Incorrect API key provided" } }, "credentials", /LLM_API_KEY/],
    [
      404,
      { error: { message: "The model `some-model` does not exist", code: "model_not_found" } },
      "configuration",
      /LLM_MODEL/,
    ],
    [404, {}, "configuration", /LLM_BASE_URL/],
    [429, { error: { message: "Rate limit reached" } }, "rate", undefined],
    [
      429,
      { error: { message: "You exceeded your current quota", code: "insufficient_quota" } },
      "quota",
      /credit/,
    ],
    [503, { error: { message: "overloaded" } }, "outage", undefined],
  ] as const;
  for (const [status, body, kind, hint] of cases) {
    server.say(() => ({ status, body }));
    const fault = await faultOf(ask());
    assert.equal(fault.kind, kind, `${status} ${fault.message}`);
    if (hint) assert.match(fault.hint ?? "", hint);
    assert.doesNotMatch(`${fault.message} ${fault.hint}`, new RegExp(`${KEY}|EMBEDDING`));
  }
});

test("an answer without a message, a refusal of the model, and silence are faults", async (t) => {
  const { server, ask } = await setUp(t, { timeoutMs: 300 });
  server.say(() => ({ status: 200, body: { choices: [] } }));
  assert.match((await faultOf(ask())).message, /holds no message/);
  server.say(() => ({
    status: 200,
    body: { choices: [{ message: { content: null, refusal: "No." } }] },
  }));
  assert.match((await faultOf(ask())).message, /refused to answer/);
  server.say(() => ({ status: 200, body: "<html>" }));
  assert.equal((await faultOf(ask())).kind, "outage");
  server.say(() => HANG);
  const silent = await faultOf(ask());
  assert.match(silent.message, /no answer within 0.3 s/);
  assert.match(silent.hint ?? "", /LLM_TIMEOUT_SECONDS/);
  assert.equal(silent.possiblyBilled, true);
});

test("an answer that was cut off says so, and one without a bill", async (t) => {
  const { server, ask } = await setUp(t);
  server.say(() => ({ text: '{"claims": [', finish: "length", usage: null }));
  assert.deepEqual(await ask(), { text: '{"claims": [', cut: true, tokens: null });
});

test("nobody is on the line: the address is named without its password", async (t) => {
  const { ask } = await setUp(t, { baseUrl: "http://kim:hunter2@127.0.0.1:9/v1" });
  const fault = await faultOf(ask());
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /language model at http:\/\/127\.0\.0\.1:9\/v1/);
  assert.doesNotMatch(fault.message, /hunter2/);
});

test("a refusal that names no parameter is no reason to leave one out", () => {
  const form = { answer: "schema", limit: "max_completion_tokens", temperature: true } as const;
  assert.equal(nextChatForm(form, { status: 400, message: "context length exceeded" }), undefined);
  assert.equal(nextChatForm(form, { status: 500, message: "response_format" }), undefined);
  const words = { ...form, answer: "words" } as const;
  assert.equal(nextChatForm(words, { status: 400, message: "json" }), undefined);
});
