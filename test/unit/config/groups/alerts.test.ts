import assert from "node:assert/strict";
import { hostname } from "node:os";
import { test } from "node:test";
import { alertConfig } from "../../../../src/config/groups/alerts.ts";
import { combinationProblems } from "../../../../src/config/rules.ts";
import { SETTINGS, type SettingName } from "../../../../src/config/settings.ts";
import { readerOf } from "../sources-of.ts";

const SLACK = { ALERT_SLACK_WEBHOOK_URL: "https://hooks.example/x" };
const MAIL = { ALERT_SMTP_URL: "smtp://mail.example", ALERT_EMAIL_TO: "a@b.example" };

test("without a channel there are no alerts", () => {
  const env = { ALERT_PAGE_URL: "https://a", ALERT_EMAIL_FROM: "a@b", ALERT_AFTER_SECONDS: "1" };
  assert.equal(alertConfig(readerOf(env)), undefined);
});

test("an address alone is enough: the page is where HTTP listens, where others can reach that", () => {
  assert.deepEqual(alertConfig(readerOf(SLACK)), {
    slackUrl: "https://hooks.example/x",
    afterMs: 60_000,
    reminderMs: 6 * 3_600_000,
    perHour: 12,
    errors: { language: "en", text: "template" },
  });
  const page = (env: Record<string, string>) =>
    alertConfig(readerOf({ ...SLACK, ...env }))?.pageUrl;
  assert.equal(page({ HTTP_HOST: "0.0.0.0", HTTP_PORT: "80" }), `http://${hostname()}:80/`);
  assert.equal(page({ HTTP_HOST: "10.1.2.3" }), "http://10.1.2.3:9464/");
  assert.equal(page({ HTTP_HOST: "fd00::7" }), "http://[fd00::7]:9464/");
  for (const loopback of ["127.0.0.1", "127.8.8.8", "::1", "localhost"]) {
    assert.equal(page({ HTTP_HOST: loopback }), undefined, loopback);
    assert.equal(page({ HTTP_HOST: loopback, ALERT_PAGE_URL: "https://l" }), "https://l");
  }
  assert.equal(page({ HTTP_PORT: "0" }), undefined);
  assert.equal(page({ HTTP_PORT: "0", ALERT_PAGE_URL: "https://logs" }), "https://logs");
});

const SERVERS: [url: string, server: object][] = [
  ["smtp://mail", { host: "mail", port: 587, secure: false, requireTls: false }],
  ["smtps://mail:2465/", { host: "mail", port: 2465, secure: true, requireTls: false }],
  [
    "smtps://u%40b:p%23@mail",
    { host: "mail", port: 465, secure: true, requireTls: true, auth: { user: "u@b", pass: "p#" } },
  ],
  [
    "smtp://u:p@127.0.0.1:25",
    {
      host: "127.0.0.1",
      port: 25,
      secure: false,
      requireTls: false,
      auth: { user: "u", pass: "p" },
    },
  ],
  ["smtp://[::1]:25", { host: "::1", port: 25, secure: false, requireTls: false }],
];

for (const [url, server] of SERVERS) {
  test(`${url} is read; a password goes to another machine over TLS alone`, () => {
    const config = alertConfig(readerOf({ ...MAIL, ALERT_SMTP_URL: url }));
    assert.deepEqual(config?.email?.server, server);
  });
}

test("mails are from whom the settings name, else from the user, else from this host", () => {
  const from = (env: Record<string, string>) =>
    alertConfig(readerOf({ ...MAIL, ...env }))?.email?.from;
  const user = { ALERT_SMTP_URL: "smtps://me%40b.example:pw@mail" };
  assert.equal(from({ ...user, ALERT_EMAIL_FROM: "x@y.example" }), "x@y.example");
  assert.equal(from(user), "me@b.example");
  assert.equal(from({}), `log-vectorizer@${hostname()}`);
});

test("a mail server without anybody to write to, or the other way round, is said", () => {
  const { ALERT_EMAIL_TO: to, ALERT_SMTP_URL: url } = MAIL;
  const named = (env: Record<string, string>) =>
    combinationProblems(readerOf(env), { needsEmbedder: false }).map(({ name }) => name);
  assert.deepEqual(named({ ALERT_SMTP_URL: url }), ["ALERT_EMAIL_TO"]);
  assert.deepEqual(named({ ALERT_EMAIL_TO: to }), ["ALERT_SMTP_URL"]);
  assert.deepEqual([named(MAIL), named({}), named(SLACK)], [[], [], []]);
});

const WRONG: [name: SettingName, text: string][] = [
  ["ALERT_SLACK_WEBHOOK_URL", "hooks.slack.com/services/x"],
  ["ALERT_WEBHOOK_URL", "ftp://host/x"],
  ["ALERT_WEBHOOK_URL", "https://host/x#y"],
  ["ALERT_WEBHOOK_URL", "https://user@host/x"],
  ["ALERT_WEBHOOK_URL", "https://user:%zz@host/x"],
  ["ALERT_SMTP_URL", "mail.example:587"],
  ["ALERT_SMTP_URL", "https://mail.example"],
  ["ALERT_SMTP_URL", "smtp://mail.example/?tls=no"],
  ["ALERT_SMTP_URL", "smtp://user@mail.example"],
  ["ALERT_EMAIL_TO", "nobody"],
  ["ALERT_EMAIL_TO", "a@b.example,,c"],
  ["ALERT_EMAIL_TO", "Ops <ops@b.example>"],
  ["ALERT_EMAIL_FROM", "a@b.example,c@d.example"],
  ["ALERT_PAGE_URL", "https://me:pw@logs.example"],
  ["ALERT_AFTER_SECONDS", "0"],
];

for (const [name, text] of WRONG) {
  test(`${name}=${text} is not taken`, () => {
    assert.equal(SETTINGS[name].kind.schema.safeParse(text).success, false);
  });
}
