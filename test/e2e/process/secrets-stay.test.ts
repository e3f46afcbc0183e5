import assert from "node:assert/strict";
import { test } from "node:test";
import { createToText } from "../../../src/pipeline/text.ts";
import { openBackfillStory } from "../../support/commands/backfill-story.ts";
import { leaksIn, planted } from "../../support/asserts/leaks.ts";
import { errorLog } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf } from "../../support/asserts/printed-json.ts";
import { freshLog, openTailStory } from "../../support/commands/tail-story.ts";

const JWT = `eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ${"a1B2".repeat(6)}.c2lnbmF0dXJl`;

/** A secret, and a message of a log that holds it. */
const SECRETS: readonly (readonly [secret: string, message: string])[] = (
  [
    [planted("bearer-0123456789"), "GET /v1 failed, Authorization: Bearer %, status 503"],
    [planted("basic0"), "proxy said no: Authorization: Basic % (407)"],
    [planted("url"), "cannot connect to postgres://app:%@db.internal:5432/orders"],
    [planted("password"), "login failed: user=bob password=% host=10.0.0.7"],
    [planted("quoted pass word"), 'config rejected: {"user":"bob","password":"%"}'],
    [planted("passwd"), "ldap bind failed, passwd: %"],
    [planted("client-secret"), "oauth failed: client_secret=%&grant_type=client_credentials"],
    [planted("api-key-01"), "quota exceeded for api_key=% in eu-west-1"],
    [planted("token-0123"), "refresh failed token=% after 3 tries"],
    [planted("cookie"), "bad session\nCookie: sid=%; theme=dark\nHost: shop"],
    [planted("set-cookie"), "upstream sent Set-Cookie: id=%; HttpOnly"],
    [
      planted("of-a-private-key"),
      "cannot read key\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\n%\n-----END RSA PRIVATE KEY-----\nexit 1",
    ],
    ["AKIAIOSFODNN7EXAMPLE", "S3 upload denied for % in bucket logs"],
    [`ghp_${"a1B2c3".repeat(6)}`, "clone failed with % as user"],
    [`xoxb-${"1234567890-abc".repeat(2)}`, "Slack refused %"],
    // Short ones, among what a server that quotes a text as JSON escapes.
    [planted("x"), '{"user":"bob","password":"%"}'],
    [planted("y"), "bad\nCookie: s=%\nHost: a"],
    [JWT, "JWT expired: % at 12:00"],
  ] as const
).map(([secret, message]) => [secret, message.replace("%", secret)] as const);

const PERSONAL = ["jane.doe@example.com", "4111 1111 1111 1111"];
const personal = `mail to ${PERSONAL[0]} bounced, card ${PERSONAL[1]} declined`;

const messages = [...SECRETS.map(([, message]) => message), personal];
const secrets = SECRETS.map(([secret]) => secret);
const logs = { logs: messages.map((message, i) => errorLog(message, i)) };

for (const [redaction, hidden, shown] of [
  [undefined, secrets, PERSONAL],
  ["pii", [...secrets, ...PERSONAL], []],
] as const) {
  test(`REDACT ${redaction ?? "by default"}: no secret of a message reaches the embedder`, async (t) => {
    const textOf = createToText({ redaction: redaction ?? "secrets", form: "message" });
    const env: Record<string, string> = redaction ? { REDACT: redaction } : {};
    const story = await openBackfillStory(t, { logs, textOf, env });

    const { summary, stderr } = await story.once();

    assert.deepEqual(outcomesOf(summary), { updated: messages.length }, stderr);
    const sent = story.stub.requests.map(({ body, headers }) => JSON.stringify([body, headers]));
    for (const secret of hidden) assert.deepEqual(leaksIn(sent.join("\n"), [secret]), []);
    for (const text of shown) assert.ok(sent.join("\n").includes(text), `${text} is masked`);
    // What else a message says goes there.
    for (const word of ["login failed", "host=10.0.0.7", "status 503", "bucket logs", "exit 1"]) {
      assert.ok(sent.join("\n").includes(word), `${word} is masked`);
    }
    const counts = { vectors: messages.length, refused: 0, empty: 0, bare: 0 };
    assert.deepEqual(await story.audit.check(), counts);
  });
}

test("REDACT=off sends texts as they are, and still nothing of them is printed or kept", async (t) => {
  const story = await openBackfillStory(t, { logs, env: { REDACT: "off", LOG_LEVEL: "debug" } });

  const { summary } = await story.once();

  assert.deepEqual(outcomesOf(summary), { updated: messages.length });
  assert.deepEqual(story.audit.paid().toSorted(), messages.toSorted());
  assert.equal((await story.audit.check()).vectors, messages.length);
});

for (const [redaction, quote] of [
  ["secrets", true],
  ["off", true],
  ["off", "as JSON"],
] as const) {
  const how = quote === true ? "as it is" : quote;
  test(`REDACT=${redaction}: a server that quotes ${how} what it refuses gets no secret into a log, a state file or a mark`, async (t) => {
    const textOf = createToText({ redaction, form: "message" });
    const env = { REDACT: redaction, LOG_LEVEL: "debug", LOG_FILE: "run.log" };
    const story = await openBackfillStory(t, { logs, textOf, poison: () => true, env });
    // The one that shows that it is the texts.
    story.stub.setFault(null);
    story.stub.setFault(
      { kind: "refused", quote },
      { texts: (texts) => texts.join() !== "connection refused" },
    );

    const { summary } = await story.once();
    for (const format of ["human", "json"]) {
      await story.run(["status"], { LOG_FORMAT: format });
      await story.run(["config"], { LOG_FORMAT: format });
    }

    assert.deepEqual(outcomesOf(summary), { quarantined: messages.length });
    assert.equal((await story.audit.check()).refused, messages.length);
    for (const { source } of (await story.logs.documents(story.index())).values()) {
      assert.deepEqual(leaksIn(JSON.stringify(source["log_vector_meta"]), secrets), []);
    }
  });
}

test("headers added to a dead letter hold no secret of its log, and its value has the log's own bytes", async (t) => {
  const story = await openTailStory(t);
  const poison = SECRETS.map(([, message], i) => freshLog(`refused-${i}`, message));
  await story.store(poison);
  story.stub.setFault(
    { kind: "refused", quote: true },
    { texts: (texts) => texts.join() !== "connection refused" },
  );
  const broken = `{"message":"password=${secrets[3]}", nothing`;
  await story.send(poison);
  await story.sendRaw([broken]);
  const tail = await story.tail({ LOG_LEVEL: "debug", REDACT: "off" });
  await story.untilFinished();
  tail.kill("SIGTERM");
  assert.equal((await tail.ended).code, 0);

  const letters = await story.kafka.readAll(story.letters);
  assert.equal(letters.length, poison.length + 1);
  for (const { headers } of letters) {
    const added = headers.map(([name, value]) => `${name}: ${String(value)}`).join("\n");
    assert.deepEqual(leaksIn(added, secrets), [], added);
  }
  const values = letters.map(({ value }) => String(value)).toSorted();
  assert.deepEqual(values, [...poison.map((log) => JSON.stringify(log)), broken].toSorted());
});
