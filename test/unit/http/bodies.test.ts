import assert from "node:assert/strict";
import { request } from "node:http";
import { test } from "node:test";
import { z } from "zod";
import { setUpHttp, problemOf } from "./http-setup.ts";

const detailed = z.object({ detail: z.string().optional() });
const JSON_TYPE = { "content-type": "application/json" };

/** As curl and others send a POST without a body: some name a type all the same, or a length, or send chunks of none. */
const EMPTY: [what: string, headers: Record<string, string>][] = [
  ["nothing at all", {}],
  ["Content-Length: 0", { "content-length": "0" }],
  ["a JSON type", JSON_TYPE],
  ["a JSON type with a charset", { "content-type": "application/json; charset=utf-8" }],
  ["a JSON type and Content-Length: 0", { ...JSON_TYPE, "content-length": "0" }],
  ["a JSON type and no chunk", { ...JSON_TYPE, "transfer-encoding": "chunked" }],
  ["no chunk", { "transfer-encoding": "chunked" }],
  ["a form's type (curl -d '')", { "content-type": "application/x-www-form-urlencoded" }],
  ["text", { "content-type": "text/plain", "content-length": "0" }],
];

for (const [what, headers] of EMPTY) {
  test(`a POST without a body, with ${what}, starts a cycle`, async (t) => {
    const { app, cycles } = await setUpHttp(t);
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    assert.equal((await post(`${url}/api/v1/cycle`, headers)).status, 202);
    assert.equal(cycles(), 1);
  });

  test(`a POST without a body, with ${what}, is told which field a route needs`, async (t) => {
    const { app } = await setUpHttp(t);
    const url = await app.listen({ host: "127.0.0.1", port: 0 });
    const retry = await post(`${url}/api/v1/quarantine/retry`, headers);
    assert.deepEqual(
      [retry.status, retry.type, retry.detail],
      [400, PROBLEM, "body: it needs either a filter (index, id, error, never) or all."],
    );
    const embed = await post(`${url}/api/v1/embedding/batch`, headers);
    assert.deepEqual(
      [embed.status, embed.type, embed.detail],
      [400, PROBLEM, "body logs: it is missing (expected array)"],
    );
  });
}

test("a blank body is none", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const payload = " \r\n";
  const url = "/api/v1/cycle";
  const response = await app.inject({ method: "POST", url, payload, headers: JSON_TYPE });
  assert.deepEqual([response.statusCode, cycles()], [202, 1]);
});

test("the page's buttons work without a body too, or say what they need", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const press = (url: string) => app.inject({ method: "POST", url, headers: JSON_TYPE });
  assert.deepEqual([(await press("/do/cycle")).statusCode, cycles()], [303, 1]);
  const retry = await press("/do/retry");
  assert.equal(retry.statusCode, 400);
  assert.match(String(problemOf(retry)["detail"]), /it needs index and id, or an error, or all/);
});

test("a body of another type is still refused, however it is sent", async (t) => {
  const { app, cycles } = await setUpHttp(t);
  const url = await app.listen({ host: "127.0.0.1", port: 0 });
  for (const headers of [{ "content-type": "text/plain" }, {}, { "content-type": "nonsense" }]) {
    const { status } = await post(`${url}/api/v1/cycle`, headers, "all=true");
    assert.equal(status, 415);
  }
  assert.equal(cycles(), 0);
});

const PROBLEM = "application/problem+json; charset=utf-8";

/** With these headers and no others of its own, which fetch would add. */
async function post(url: string, headers: Record<string, string>, body?: string) {
  const { promise, resolve, reject } = Promise.withResolvers<Buffer[]>();
  let status: number | undefined;
  let type: string | undefined;
  const sent = request(url, { method: "POST", headers, agent: false }, (response) => {
    status = response.statusCode;
    type = response.headers["content-type"];
    const parts: Buffer[] = [];
    response.on("data", (part: Buffer) => parts.push(part));
    response.on("end", () => resolve(parts));
  });
  sent.on("error", reject);
  if (body === undefined && headers["transfer-encoding"] === undefined) {
    sent.useChunkedEncodingByDefault = false;
  }
  sent.end(body);
  const answer: unknown = JSON.parse(Buffer.concat(await promise).toString());
  return { status, type, detail: detailed.parse(answer).detail };
}
