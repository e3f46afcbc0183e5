import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import {
  createSlackChannel,
  createWebhookChannel,
} from "../../../../src/adapters/alert-channels/http-channels.ts";
import { Fault, type FaultKind } from "../../../../src/domain/faults.ts";
import type { AlertChannel } from "../../../../src/ports/alert-channel.ts";
import { startAlertReceiver } from "../../../support/servers/alert-receiver.ts";
import { MESSAGE } from "./message.ts";

const KEY = "k3yOfTheHook0123456789";
const never = new AbortController().signal;

async function setUp(t: TestContext) {
  const receiver = await startAlertReceiver(t);
  const url = `${receiver.url}/services/T0/B0/${KEY}`;
  const slack = createSlackChannel({ url, secrets: [KEY] });
  const webhook = createWebhookChannel({ url: `${url}?token=${KEY}`, secrets: [KEY] });
  return { receiver, slack, webhook };
}

async function faultOf(channel: AlertChannel, signal = never): Promise<Fault> {
  const fault: unknown = await channel.send(MESSAGE, signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof Fault, String(fault));
  return fault;
}

test("Slack gets the text in its own markup, nothing of which is taken for a link or a mention", async (t) => {
  const { receiver, slack } = await setUp(t);
  await slack.send(MESSAGE, never);
  const [text = ""] = receiver.texts();
  assert.match(text, /^\*\[critical\] OpenSearch does not answer &lt;a&amp;b&gt; – ü\*\n/);
  assert.match(text, /What: &lt;connect&gt; &amp; refused/);
  assert.match(text, /Page: https:\/\/logs\.example\.com\/$/);
});

test("a subject that the text begins with is said once", async (t) => {
  const { receiver, slack } = await setUp(t);
  await slack.send({ ...MESSAGE, subject: "[warning] It", text: "[warning] It\nIt is so." }, never);
  assert.deepEqual(receiver.texts(), ["*[warning] It*\nIt is so."]);
});

test("a webhook gets the whole message as JSON, with the query and the user of its address", async (t) => {
  const { receiver } = await setUp(t);
  const { host } = new URL(receiver.url);
  const url = `http://me:p%40ss@${host}/hook?token=${KEY}`;
  await createWebhookChannel({ url, secrets: [] }).send(MESSAGE, never);
  const [post] = receiver.posted;
  assert.deepEqual(JSON.parse(post?.body ?? ""), MESSAGE);
  assert.equal(post?.path, `/hook?token=${KEY}`);
  assert.equal(post?.headers.authorization, `Basic ${Buffer.from("me:p@ss").toString("base64")}`);
  assert.match(post?.headers["content-type"] ?? "", /^application\/json/);
});

const REFUSALS: [status: number, body: string, kind: FaultKind][] = [
  [404, "no_service", "configuration"],
  [403, "action_prohibited", "credentials"],
  [400, "invalid_payload", "configuration"],
  [410, "channel_is_archived", "configuration"],
  [429, "rate_limited", "rate"],
  [500, "rollup_error", "outage"],
  [503, "", "outage"],
];

for (const [status, body, kind] of REFUSALS) {
  test(`${status} is of kind ${kind}, and its message gives the address away to nobody`, async (t) => {
    const { receiver, slack, webhook } = await setUp(t);
    for (const channel of [slack, webhook]) {
      const headers = { "retry-after": "7" };
      receiver.answer({ status, headers, body: `${body} at /services/T0/B0/${KEY}` });
      const fault = await faultOf(channel);
      assert.equal(fault.kind, kind, fault.message);
      assert.match(
        fault.message,
        new RegExp(`^${channel.name} at http://127[^/]*: ${status} ${body}`),
      );
      assert.doesNotMatch(`${fault.message} ${fault.hint}`, new RegExp(KEY));
      if (kind === "rate") assert.equal(fault.retryAfterMs, 7000);
    }
  });
}

test("a redirect to another server is not followed: it would learn the address and the message", async (t) => {
  const { receiver, slack, webhook } = await setUp(t);
  const other = await startAlertReceiver(t);
  for (const channel of [slack, webhook]) {
    for (const status of [302, 307]) {
      receiver.answer({ status, headers: { location: `${other.url}/stolen` } });
      assert.equal((await faultOf(channel)).kind, "configuration");
    }
  }
  assert.deepEqual(other.posted, []);
});

test("nobody there, and nobody who answers, are outages", async (t) => {
  const { receiver, slack, webhook } = await setUp(t);
  for (const channel of [slack, webhook]) {
    const stop = new AbortController();
    receiver.answer("never");
    const waiting = faultOf(channel, stop.signal);
    setImmediate(() => stop.abort());
    assert.deepEqual(
      [(await waiting).kind, (await waiting).message.includes("in time")],
      ["outage", true],
    );
  }
  const gone = createSlackChannel({ url: "http://127.0.0.1:9/x", secrets: [] });
  const fault = await faultOf(gone);
  assert.equal(fault.kind, "outage");
  assert.match(fault.message, /^slack at http:\/\/127\.0\.0\.1:9: /);
  assert.equal(fault.hint, "Check ALERT_SLACK_WEBHOOK_URL.");
});
