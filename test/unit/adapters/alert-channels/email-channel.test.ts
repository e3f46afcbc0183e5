import assert from "node:assert/strict";
import { test } from "node:test";
import { generate } from "selfsigned";
import type { SMTPServerOptions } from "smtp-server";
import { createEmailChannel } from "../../../../src/adapters/alert-channels/email-channel.ts";
import { Fault } from "../../../../src/domain/faults.ts";
import { startMailServer } from "../../../support/servers/mail-server.ts";
import { MESSAGE } from "./message.ts";

const never = new AbortController().signal;
const USER = { user: "alerts@example.com", pass: "p@ss-w0rd" };
const host = "127.0.0.1";

type Options = Parameters<typeof createEmailChannel>[0];

function channelTo(
  port: number,
  server: Partial<Options["server"]> = {},
  more: Partial<Options> = {},
) {
  return createEmailChannel({
    server: { host, port, secure: false, requireTls: false, ...server },
    from: "log-vectorizer@example.com",
    to: ["a@example.com", "b@example.com"],
    secrets: [USER.pass],
    ...more,
  });
}

async function certificate() {
  const names = [{ name: "commonName", value: "localhost" }];
  const { private: key, cert } = await generate(names, {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 7, ip: host }] }],
  });
  return { key, cert };
}

async function faultOf(sending: Promise<void>): Promise<Fault> {
  const fault: unknown = await sending.then(
    () => undefined,
    (error: unknown) => error,
  );
  assert.ok(fault instanceof Fault, String(fault));
  return fault;
}

test("a mail goes to everybody at once, in plain text as it was written", async (t) => {
  const { port, mails } = await startMailServer(t);
  await channelTo(port).send(MESSAGE, never);
  const [mail] = mails;
  assert.deepEqual(
    [mail?.from, mail?.to, mail?.user, mail?.secure],
    ["log-vectorizer@example.com", ["a@example.com", "b@example.com"], null, false],
  );
  assert.match(mail?.head ?? "", /^Auto-Submitted: auto-generated/m);
  assert.match(mail?.head ?? "", /^Message-ID: <1-abc@log-vectorizer\.alerts>/m);
  assert.equal(mail?.text.trimEnd(), MESSAGE.text);
  assert.match(mail?.subject ?? "", /log-vectorizer/);
});

test("with a password, over TLS from the start", async (t) => {
  const { key, cert } = await certificate();
  const { port, mails } = await startMailServer(t, { secure: true, key, cert, auth: USER });
  const tls = { ca: [cert] };
  await channelTo(port, { secure: true, auth: USER }, { tls }).send(MESSAGE, never);
  assert.deepEqual([mails[0]?.user, mails[0]?.secure], [USER.user, true]);
});

test("with a password, over STARTTLS", async (t) => {
  const { key, cert } = await certificate();
  const { port, mails } = await startMailServer(t, { startTls: true, key, cert, auth: USER });
  const tls = { ca: [cert] };
  await channelTo(port, { requireTls: true, auth: USER }, { tls }).send(MESSAGE, never);
  assert.deepEqual([mails[0]?.user, mails[0]?.secure], [USER.user, true]);
});

test("a certificate that nobody trusts is not taken", async (t) => {
  const { key, cert } = await certificate();
  const { port, mails } = await startMailServer(t, { secure: true, key, cert, auth: USER });
  const fault = await faultOf(channelTo(port, { secure: true, auth: USER }).send(MESSAGE, never));
  assert.match(fault.message, /self.signed/i);
  assert.deepEqual(mails, []);
});

test("a password that needs TLS goes to no server that has none", async (t) => {
  const seen: unknown[] = [];
  const { port, mails } = await startMailServer(t, {
    auth: { user: USER.user, pass: "another" },
    onRcptTo: (address, _, done) => done(void seen.push(address)),
  });
  const fault = await faultOf(
    channelTo(port, { requireTls: true, auth: USER }).send(MESSAGE, never),
  );
  assert.equal(fault.kind, "configuration", fault.message);
  assert.deepEqual([mails, seen], [[], []]);
});

test("a wrong password is a matter of credentials, and is shown to nobody", async (t) => {
  const { port } = await startMailServer(t, { auth: { ...USER, pass: "another" } });
  const fault = await faultOf(channelTo(port, { auth: USER }).send(MESSAGE, never));
  assert.equal(fault.kind, "credentials", fault.message);
  assert.match(fault.message, /^e-mail by 127\.0\.0\.1:\d+: /);
  assert.match(fault.hint ?? "", /ALERT_SMTP_URL/);
  assert.ok(!fault.message.includes(USER.pass));
});

for (const [what, code, kind] of [
  ["does not know them", 550, "configuration"],
  ["asks to come again", 451, "outage"],
] as const) {
  test(`people whom the server ${what}: ${kind}`, async (t) => {
    const refusal = Object.assign(new Error("not now, or never"), { responseCode: code });
    const { port } = await startMailServer(t, { onRcptTo: (_, __, done) => done(refusal) });
    assert.equal((await faultOf(channelTo(port).send(MESSAGE, never))).kind, kind);
  });
}

/** Takes mail for everybody but these, by what it says to them. */
function refusing(codes: Record<string, number>): NonNullable<SMTPServerOptions["onRcptTo"]> {
  return ({ address }, _, done) => {
    const responseCode = codes[address];
    if (responseCode === undefined) return done();
    done(Object.assign(new Error(`no mail for ${address}`), { responseCode }));
  };
}

test("somebody whom the server does not know is named, though others got the mail", async (t) => {
  const { port, mails } = await startMailServer(t, {
    onRcptTo: refusing({ "b@example.com": 550 }),
  });
  const fault = await faultOf(channelTo(port).send(MESSAGE, never));
  assert.deepEqual(
    mails.map(({ to }) => to),
    [["a@example.com"]],
  );
  assert.equal(fault.kind, "configuration");
  assert.match(fault.message, /b@example\.com: .*550/);
  assert.doesNotMatch(fault.message, /a@example/);
});

test("a temporarily refused recipient gets the mail with the next try, and no recipient gets it twice", async (t) => {
  const codes: Record<string, number> = { "b@example.com": 451, "c@example.com": 550 };
  const { port, mails } = await startMailServer(t, { onRcptTo: refusing(codes) });
  const to = ["a@example.com", "b@example.com", "c@example.com"];
  const channel = channelTo(port, {}, { to });
  const first = await faultOf(channel.send(MESSAGE, never));
  assert.deepEqual(
    [first.kind, /b@example\.com.*c@example\.com/s.test(first.message)],
    ["outage", true],
  );
  assert.equal((await faultOf(channel.send(MESSAGE, never))).kind, "outage");
  delete codes["b@example.com"];
  const last = await faultOf(channel.send(MESSAGE, never));
  assert.deepEqual([last.kind, /b@example/.test(last.message)], ["configuration", false]);
  await faultOf(channel.send({ ...MESSAGE, id: "2-abc" }, never));
  assert.deepEqual(
    mails.map((mail) => mail.to.join()),
    ["a@example.com", "b@example.com", "a@example.com,b@example.com"],
  );
});

test("nobody there is an outage, and a stop ends the waiting", async (t) => {
  const away = await faultOf(channelTo(9).send(MESSAGE, never));
  assert.equal(away.kind, "outage");
  assert.match(away.message, /ECONNREFUSED/);
  const stop = new AbortController();
  const { port } = await startMailServer(t, {
    onRcptTo: () => stop.abort(),
  });
  assert.match((await faultOf(channelTo(port).send(MESSAGE, stop.signal))).message, /in time/);
});
