import assert from "node:assert/strict";
import { createServer } from "node:http";
import { join, resolve } from "node:path";
import { test, type TestContext } from "node:test";
import { gunzipSync } from "node:zlib";
import { audit } from "../../../../scripts/supply/audit.ts";
import { temporaryFolder } from "../../../support/commands/run-command.ts";

const CHECKOUT = resolve(import.meta.dirname, "../../../..");

type Told = Record<string, unknown>;

const advisory = (id: number, title: string, severity = "high", versions = "<999") => [
  {
    id,
    title,
    severity,
    url: `https://advisories.example/${id}`,
    vulnerable_versions: versions,
    cwe: [],
    cvss: { score: 0 },
  },
];
const KNOWN: Told = { minimist: advisory(1, "Prototype pollution", "critical", "<0.2.1") };

/** What npm needs to ask a registry that answers so; a number is a status without an answer. */
async function registryThat(t: TestContext, answer: (asked: string[]) => Told | number) {
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const isBulk = request.url === "/-/npm/v1/security/advisories/bulk";
      if (!isBulk || request.method !== "POST") return response.writeHead(404).end("{}");
      const body = Buffer.concat(chunks);
      const text = request.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
      const asked = Object.keys(Object(JSON.parse(text.toString("utf8"))));
      const told = answer(asked);
      if (typeof told === "number") return response.writeHead(told).end();
      const its = Object.entries(told).filter(([name]) => asked.includes(name));
      return response.end(JSON.stringify(Object.fromEntries(its)));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const address = server.address();
  assert.ok(address !== null && typeof address === "object");
  return environment(t, `http://127.0.0.1:${address.port}/`);
}

async function environment(t: TestContext, registry: string) {
  return {
    PATH: process.env["PATH"],
    HOME: process.env["HOME"],
    npm_config_registry: registry,
    npm_config_fetch_retries: "0",
    npm_config_cache: join(await temporaryFolder(t), "cache"),
  };
}

test("advisories are told, and whether the package is shipped", async (t) => {
  const env = await registryThat(t, () => ({
    ...KNOWN,
    fastify: advisory(2, "Anybody may do anything"),
    typescript: advisory(3, "It compiles too much", "low"),
  }));
  const found = await audit(CHECKOUT, env);
  assert.ok("advisories" in found, JSON.stringify(found));
  const one = (name: string) => found.advisories.find((other) => other.name === name);
  assert.deepEqual(one("fastify"), {
    name: "fastify",
    severity: "high",
    why: ["Anybody may do anything https://advisories.example/2"],
    isShipped: true,
  });
  assert.partialDeepStrictEqual(one("typescript"), { severity: "low", isShipped: false });
  // What it is not asked about in earnest.
  assert.equal(one("minimist"), undefined);
});

test("a registry that knows advisories and has none for these packages is believed", async (t) => {
  const env = await registryThat(t, () => KNOWN);
  assert.deepEqual(await audit(CHECKOUT, env), { advisories: [] });
});

test("a registry that answers and keeps no advisories is no proof that there are none", async (t) => {
  const found = await audit(CHECKOUT, await registryThat(t, () => ({})));
  assert.match("unchecked" in found ? found.unchecked : "", /keeps none/);
});

for (const status of [405, 404, 401, 500]) {
  test(`a registry that answers ${status} is told of, and nothing is known`, async (t) => {
    const found = await audit(CHECKOUT, await registryThat(t, () => status));
    assert.match("unchecked" in found ? found.unchecked : "", new RegExp(`\\b${status}\\b`));
  });
}

test("a registry that fails only when it is asked in earnest is told of too", async (t) => {
  const env = await registryThat(t, (asked) => (asked.includes("fastify") ? 503 : KNOWN));
  const found = await audit(CHECKOUT, env);
  assert.match("unchecked" in found ? found.unchecked : "", /503/);
});

test("no registry at all is told of, and nothing is known", async (t) => {
  const found = await audit(CHECKOUT, await environment(t, "http://127.0.0.1:9/"));
  assert.match("unchecked" in found ? found.unchecked : "", /got no advisories: \S+/);
});
