import assert from "node:assert/strict";
import { connect } from "node:net";
import { once } from "node:events";
import { test } from "node:test";
import * as fc from "fast-check";
import { propertyRuns } from "../../support/property-runs.ts";
import { bearer, setUpHttp, TOKEN } from "./http-setup.ts";

const { runs = 400, seed = 17 } = propertyRuns() ?? {};
const PARAMETERS = { numRuns: runs, seed };
/** Each makes a connection of its own. */
const RAW_PARAMETERS = { numRuns: Math.ceil(runs / 4), seed };

const PATHS = [
  "/",
  "/health",
  "/ready",
  "/metrics",
  "/openapi.json",
  "/docs",
  "/docs/static/index.css",
  "/sign-in",
  "/sign-out",
  "/do/cycle",
  "/do/retry",
  "/errors",
  "/errors/aaaaaaaaaaaaaaaa",
  "/api/v1/status",
  "/api/v1/overview",
  "/api/v1/cycle",
  "/api/v1/quarantine",
  "/api/v1/quarantine/retry",
  "/api/v1/groups",
  "/api/v1/groups/aaaaaaaaaaaaaaaa",
  "/api/v1/groups/aaaaaaaaaaaaaaaa/state",
  "/api/v1/groups/aaaaaaaaaaaaaaaa/merge",
  "/api/v1/groups/aaaaaaaaaaaaaaaa/split",
  "/api/v1/episodes",
  "/api/v1/notes",
  "/api/v1/notes/n1/verdicts",
  "/api/v1/search",
  "/api/v1/logs/logs/a/similar",
  "/api/v1/embedding/batch",
];
const FIELDS =
  `q text index level service since until limit offset id error all token log_id message logs __proto__ constructor
group cursor after press min_score trace episode cause fix link author from verdict by state order into act page note`.split(
    /\s+/,
  );
const SPARK = [
  "",
  "*",
  "..",
  "../../etc/passwd",
  "%00",
  "%zz",
  "a".repeat(3000),
  "<script>alert(1)</script>",
  "_all",
  "-1",
  "1e309",
  "NaN",
  "null",
  "{}",
  "[]",
  '"',
  "' or 1=1",
  "\u202e\u200b",
  "${jndi:ldap://x}",
  "2026-02-30",
  "99999999999999999999",
];
const value = fc.oneof(
  fc.constantFrom(...SPARK),
  fc.string({ unit: "binary", maxLength: 40 }),
  fc.integer().map(String),
);
const query = fc
  .array(fc.tuple(fc.constantFrom(...FIELDS), value), { maxLength: 4 })
  .map((pairs) =>
    new URLSearchParams(
      pairs.map(([name, text]): [string, string] => [name, text.toWellFormed()]),
    ).toString(),
  );
const path = fc.oneof(
  fc.constantFrom(...PATHS),
  fc
    .tuple(value, value)
    .map(
      ([a, b]) =>
        `/api/v1/logs/${encodeURIComponent(a.toWellFormed())}/${encodeURIComponent(b.toWellFormed())}/similar`,
    ),
  fc.webPath().map((text) => `/${text.replace(/^\/+/, "")}`),
  value.map((text) => `/${text.replaceAll(/[^!-~]|^\//g, "%")}`),
);
const url = fc.tuple(path, query).map(([at, asked]) => (asked === "" ? at : `${at}?${asked}`));
const METHODS = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"] as const;
const method = fc.constantFrom(...METHODS);
const json = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc
    .array(fc.tuple(fc.constantFrom(...FIELDS), fc.oneof(value, fc.jsonValue({ maxDepth: 2 }))), {
      maxLength: 4,
    })
    .map((pairs) => JSON.stringify(Object.fromEntries(pairs))),
);
const body = fc.oneof(json, query, fc.string({ unit: "binary", maxLength: 200 }));
const CONTENT_TYPES = [
  "application/json",
  "application/json; charset=utf-16",
  "application/x-www-form-urlencoded",
  "multipart/form-data; boundary=x",
  "text/plain",
  "",
  "a/b/c",
];
const headers = fc.dictionary(
  fc.constantFrom(
    "accept",
    "origin",
    "referer",
    "sec-fetch-site",
    "sec-fetch-mode",
    "x-forwarded-for",
    "x-request-id",
    "cookie",
    "authorization",
    "traceparent",
    "range",
    "if-none-match",
    "accept-encoding",
  ),
  fc.oneof(
    fc.constantFrom(
      "same-origin",
      "cross-site",
      "navigate",
      "http://evil.example",
      "*/*",
      "gzip, *;q=0",
    ),
    value.map((text) => text.replaceAll(/[^ -~]/g, "?")),
  ),
  { maxKeys: 4 },
);

/** Kept whatever is asked: no mistake of ours, nothing of the program's inside, one line a request. */
test("no request to any route is answered by a mistake of ours or by more than one line of the log", async (t) => {
  const documents = Array.from({ length: 3 }, (_, i) => ({
    index: "logs",
    id: `d${i}`,
    source: { level: "ERROR", message: `it failed ${i}` },
  }));
  const { app, told } = await setUpHttp(t, {
    documents,
    settings: { token: TOKEN, requestsPerMinute: 10_000_000 },
  });
  await fc.assert(
    fc.asyncProperty(
      fc.record({
        url,
        method,
        headers,
        type: fc.constantFrom(...CONTENT_TYPES),
        payload: body,
        signedIn: fc.boolean(),
      }),
      async ({ url: asked, method: by, headers: more, type, payload, signedIn }) => {
        // An open stream is answered for as long as it is open.
        fc.pre(!asked.startsWith("/events"));
        const before = told.requestEnded.length;
        const response = await app.inject({
          method: by,
          url: asked,
          headers: {
            ...more,
            ...(signedIn ? bearer() : {}),
            ...(type === "" ? {} : { "content-type": type }),
          },
          ...(by === "GET" || by === "HEAD" ? {} : { payload }),
        });
        const { statusCode, body: answer } = response;
        const about = `${by} ${asked}: ${statusCode} ${answer.slice(0, 300)}`;
        assert.ok(statusCode < 500 || statusCode === 503, about);
        assert.doesNotMatch(answer, /\bat (?:async )?\w[^\n]{0,80}\.(?:ts|js|mjs):\d/, about);
        assert.ok(told.requestEnded.length - before <= 1, about);
        assert.ok(
          told.requestEnded.slice(before).every(({ bug }) => bug === undefined),
          about,
        );
        assert.equal(response.headers["x-content-type-options"], "nosniff", about);
        const open = /^\/(?:health|ready|sign-in|docs|openapi\.json)?(?:[/?]|$)/.test(asked);
        if (!signedIn && statusCode === 200 && !open && !asked.startsWith("/assets/"))
          assert.ok(by === "OPTIONS" || answer === "", about);
      },
    ),
    PARAMETERS,
  );
  assert.equal((await app.inject("/health")).statusCode, 200);
});

const LINES = [
  "GET / HTTP/1.1",
  "GET /health HTTP/1.1",
  "POST /api/v1/embedding/batch HTTP/1.1",
  "POST /do/cycle HTTP/1.1",
  "CONNECT a:1 HTTP/1.1",
  "GET http://[::1 HTTP/1.1",
  "PRI * HTTP/2.0",
  "GET / HTTP/9.9",
  "\u0016\u0003\u0001",
  "Host: a",
  "Host:",
  "Transfer-Encoding: xchunked",
  "Transfer-Encoding: chunked",
  "Content-Length: 5",
  "Content-Length: -1",
  "Content-Length: 99999999999999999999",
  "Expect: 100-continue",
  "Upgrade: websocket",
  "Connection: upgrade",
  "X-Forwarded-For: 1.2.3.4, nobody",
  "Cookie: a=b; a",
  "",
  "zz",
  "5",
  "hello",
  "0",
];

/** A connection that says anything, and may be reset at any place. */
const conversation = fc.record({
  lines: fc.array(
    fc.oneof(fc.constantFrom(...LINES), fc.string({ unit: "binary", maxLength: 20 })),
    {
      maxLength: 8,
    },
  ),
  end: fc.constantFrom("\r\n\r\n", "\r\n", "\n", ""),
  reset: fc.boolean(),
});

test("no bytes on a connection are answered by a mistake of ours, and the next is served", async (t) => {
  const { app, told } = await setUpHttp(t, { settings: { requestsPerMinute: 10_000_000 } });
  await app.listen({ host: "127.0.0.1", port: 0 });
  const address = app.server.address();
  assert.ok(address !== null && typeof address === "object");
  await fc.assert(
    fc.asyncProperty(conversation, async ({ lines, end, reset }) => {
      const before = told.requestEnded.length;
      const socket = connect(address.port, "127.0.0.1");
      socket.on("error", () => undefined);
      let answer = "";
      socket.on("data", (chunk: Buffer) => {
        answer += chunk.toString("latin1");
      });
      await once(socket, "connect");
      socket.write(lines.join("\r\n") + end, "utf8");
      if (reset) socket.resetAndDestroy();
      else socket.end();
      if (!socket.closed) await once(socket, "close");
      const about = JSON.stringify({ lines, end, reset, answer: answer.slice(0, 300) });
      assert.doesNotMatch(answer, /^HTTP\/1\.1 50[0-24]/m, about);
      const now = told.requestEnded.slice(before);
      assert.ok(
        now.every(({ bug }) => bug === undefined),
        about,
      );
      assert.ok(now.length <= lines.length + 1, about);
    }),
    RAW_PARAMETERS,
  );
  const { statusCode } = await app.inject("/health");
  assert.equal(statusCode, 200);
});
