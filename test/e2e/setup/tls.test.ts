import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { errorLog, newestOpenSearch } from "../../support/servers/open-search-fixture.ts";
import { outcomesOf, printedError, printedSummary } from "../../support/asserts/printed-json.ts";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";
import type { Ended } from "../../support/commands/run-command.ts";
import { makeCertificates, startTlsProxy, writePem } from "../../support/servers/tls-proxy.ts";
import type { Pem } from "../../support/servers/tls-proxy.ts";

const certificates = await makeCertificates();
const USER = { name: "vectorizer", password: "Admin123!@#" };

test("TLS, a private authority and a password lead to the vectors", async (t) => {
  const { env, proxy, withCa, fixture, index } = await behindTls(t);

  const ended = await once(t, { ...env, ...withCa });

  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
  assert.ok(proxy.counts.passed > 0);
  assert.equal(proxy.counts.refused, 0);
  for (const { source } of (await fixture.documents(index)).values()) {
    assert.ok(source["log_vector"]);
  }
});

test("the password may stand in the URL, and nowhere else", async (t) => {
  const { env, proxy, withCa } = await behindTls(t);
  const { OPENSEARCH_USER: _, OPENSEARCH_PASSWORD: __, ...rest } = env;
  const password = encodeURIComponent(USER.password);
  const url = `https://${USER.name}:${password}@localhost:${proxy.port}`;

  const ended = await once(t, { ...rest, ...withCa, OPENSEARCH_URL: url });

  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
  assertNoPassword(ended);
});

test("a wrong password ends with 3, a hint, and without the password", async (t) => {
  const { env, proxy, withCa } = await behindTls(t);
  const wrong = "Wrong-4711!";

  const ended = await once(t, { ...env, ...withCa, OPENSEARCH_PASSWORD: wrong });

  assert.equal(ended.code, 3);
  const { kind, message, hint } = printedError(ended);
  assert.equal(kind, "credentials");
  assert.match(message, new RegExp(`^OpenSearch at https://localhost:${proxy.port} answered 401`));
  assert.match(hint ?? "", /OPENSEARCH_USER and OPENSEARCH_PASSWORD/);
  assert.ok(!`${ended.stdout}${ended.stderr}`.includes(wrong));
  assert.equal(proxy.counts.passed, 0);
  const plain = await runVectorizer(t, ["status"], {
    env: { ...env, ...withCa, OPENSEARCH_PASSWORD: wrong },
  });
  assert.equal(plain.code, 3);
  assert.match(
    plain.stderr,
    /^OpenSearch at [^\n]*answered 401[^\n]*\n[^\n]*OPENSEARCH_PASSWORD[^\n]*\n$/,
  );
});

test("a certificate that nobody vouches for ends with 3 and names OPENSEARCH_CA_FILE", async (t) => {
  const { env, proxy } = await behindTls(t);

  const ended = await once(t, env);

  assert.equal(ended.code, 3);
  const { kind, message, hint } = printedError(ended);
  assert.equal(kind, "configuration");
  assert.match(message, /certificate was not accepted/);
  assert.match(hint ?? "", /OPENSEARCH_CA_FILE/);
  assertNoPassword(ended);
  assert.deepEqual(proxy.counts, { passed: 0, refused: 0 });
});

test("a certificate for another host is not accepted, whichever authority signed it", async (t) => {
  const { env, withCa } = await behindTls(t, { certificate: certificates.elsewhere });

  const ended = await once(t, { ...env, ...withCa });

  assert.equal(ended.code, 3);
  assert.match(printedError(ended).message, /certificate was not accepted \(.*altnames/);
});

test("OPENSEARCH_TLS_VERIFY=false takes any certificate, and warns", async (t) => {
  const { env } = await behindTls(t);

  const ended = await once(t, { ...env, OPENSEARCH_TLS_VERIFY: "false" });

  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
  assert.match(ended.stderr, /WARN {2}OPENSEARCH_TLS_VERIFY is false/);
});

test("http to a TLS port says to switch SSL on", async (t) => {
  const { env, withCa } = await behindTls(t);

  const ended = await once(t, { ...env, ...withCa, OPENSEARCH_USE_SSL: "false" });

  assert.equal(ended.code, 3);
  assert.match(printedError(ended).hint ?? "", /OPENSEARCH_USE_SSL=true/);
});

test("https to a plain port says to switch SSL off", async (t) => {
  const { env, withCa, fixture } = await behindTls(t);
  const port = new URL(fixture.url).port;

  const ended = await once(t, { ...env, ...withCa, OPENSEARCH_PORT: port });

  assert.equal(ended.code, 3);
  assert.match(printedError(ended).hint ?? "", /OPENSEARCH_USE_SSL=false/);
});

test("a server that demands a client certificate lets the right one in", async (t) => {
  const { env, withCa } = await behindTls(t, { demandsClientCertificate: true });
  const { certFile, keyFile } = await writePem(
    await temporaryFolder(t),
    "client",
    certificates.client,
  );
  const withClient = { OPENSEARCH_CERT_FILE: certFile, OPENSEARCH_KEY_FILE: keyFile };

  const without = await once(t, { ...env, ...withCa });
  const ended = await once(t, { ...env, ...withCa, ...withClient });

  assert.equal(without.code, 3);
  assert.match(printedError(without).message, /^OpenSearch at https:/);
  assert.equal(ended.code, 0, ended.stderr);
  assert.deepEqual(outcomesOf(printedSummary(ended)), { updated: 2 });
});

async function behindTls(
  t: TestContext,
  options: { certificate?: Pem; demandsClientCertificate?: boolean } = {},
) {
  const fixture = await newestOpenSearch(t);
  const index = fixture.name("logs");
  await fixture.create(index);
  await fixture.fill(index, [errorLog("Disk full"), errorLog("Connection refused", 1)]);
  const proxy = await startTlsProxy({ target: fixture.url, certificates, user: USER, ...options });
  t.after(() => proxy[Symbol.asyncDispose]());
  const folder = await temporaryFolder(t);
  const { certFile } = await writePem(folder, "authority", certificates.authority);
  const { OPENSEARCH_URL: _, ...rest } = fixture.env;
  const env: Record<string, string> = {
    ...rest,
    OPENSEARCH_HOST: "localhost",
    OPENSEARCH_PORT: String(proxy.port),
    OPENSEARCH_USE_SSL: "true",
    OPENSEARCH_USER: USER.name,
    OPENSEARCH_PASSWORD: USER.password,
  };
  return { fixture, index, proxy, env, withCa: { OPENSEARCH_CA_FILE: certFile } };
}

function once(t: TestContext, env: Record<string, string>): Promise<Ended> {
  return runVectorizer(t, ["--once", "--json"], { env });
}

function assertNoPassword({ stdout, stderr }: Ended): void {
  for (const secret of [USER.password, encodeURIComponent(USER.password)]) {
    assert.ok(!`${stdout}${stderr}`.includes(secret), "the password is shown");
  }
}
