import assert from "node:assert/strict";
import { test } from "node:test";
import { startAlertReceiver } from "../../support/servers/alert-receiver.ts";
import { startMailServer } from "../../support/servers/mail-server.ts";
import { alertsTestShape } from "../../../src/cli/alerts.ts";
import { printedAnswer, printedError } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

const KEY = "k3yOfTheHook0123456789";

test("alerts test reaches everybody who is set, and says so; one who is not reached is exit 3", async (t) => {
  const [receiver, { port, mails }] = await Promise.all([
    startAlertReceiver(t),
    startMailServer(t),
  ]);
  const env = {
    ALERT_SLACK_WEBHOOK_URL: `${receiver.url}/services/T0/B0/${KEY}`,
    ALERT_SMTP_URL: `smtp://127.0.0.1:${port}`,
    ALERT_EMAIL_TO: "ops@example.com",
    ALERT_PAGE_URL: "https://logs.example.com/",
  };
  const all = await runVectorizer(t, ["alerts", "test"], { env });
  assert.equal(all.code, 0, all.stderr);
  assert.match(all.stdout, /✓ +slack +sent in \d+ ms\n✓ +email +sent in \d+ ms/);
  assert.match(
    receiver.texts()[0] ?? "",
    /\[test\][^]*Nothing is wrong[^]*https:\/\/logs\.example\.com\//,
  );
  assert.deepEqual(mails[0]?.to, ["ops@example.com"]);

  receiver.answer({ status: 404, body: `no_service at ${KEY}` });
  const one = await runVectorizer(t, ["alerts", "test", "--json"], { env });
  assert.equal(one.code, 3);
  const { ok, channels } = printedAnswer(one, alertsTestShape);
  assert.deepEqual(
    [ok, channels.map(({ channel, result, error }) => [channel, result, error?.kind])],
    [
      false,
      [
        ["slack", "failed", "configuration"],
        ["email", "sent", undefined],
      ],
    ],
  );
  assert.ok(!`${one.stdout}${one.stderr}`.includes(KEY), one.stdout);
});

test("alerts test without anywhere to go to is a matter of settings", async (t) => {
  const ended = await runVectorizer(t, ["alerts", "test", "--json"]);
  assert.equal(ended.code, 2);
  assert.match(
    printedError(ended).message,
    /ALERT_SLACK_WEBHOOK_URL: not set, nor ALERT_WEBHOOK_URL/,
  );
});
