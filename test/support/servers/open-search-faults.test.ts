import assert from "node:assert/strict";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { test, type TestContext } from "node:test";
import { startOpenSearchFaults } from "./open-search-faults.ts";

const BULK = ["a", "b", "c"]
  .map((id) => `{"update":{"_index":"logs","_id":"${id}"}}\n{"doc":{"n":"${id}"}}\n`)
  .join("");

/** A server that answers a bulk request as OpenSearch does, behind the faults. */
async function setUp(t: TestContext) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const answer = (body: string) => {
      bodies.push(body);
      const ids = [...body.matchAll(/"_id":"(\w)"/g)].map(([, id]) => id);
      const items = ids.map((id) => ({ update: { _index: "logs", _id: id, status: 200 } }));
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ errors: false, items }));
    };
    text(request)
      .then(answer)
      .catch(() => bodies.push("broke off"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address);
  const faults = await startOpenSearchFaults(t, `http://127.0.0.1:${address.port}`);
  const bulk = async () => {
    const response = await fetch(`${faults.url}/_bulk`, { method: "POST", body: BULK });
    return { status: response.status, body: await response.text() };
  };
  return { faults, bodies, bulk };
}

test("without a fault everything passes, and is recorded", async (t) => {
  const { faults, bodies, bulk } = await setUp(t);
  const { status, body } = await bulk();
  assert.deepEqual([status, JSON.parse(body).items.length], [200, 3]);
  assert.deepEqual(bodies, [BULK]);
  assert.deepEqual(faults.requests, [{ number: 1, line: "POST /_bulk", body: BULK }]);
  assert.deepEqual([faults.count(/_bulk/), faults.count(/_search/)], [1, 0]);
});

test("an answer in the server's place befalls only so many of the requests it is meant for", async (t) => {
  const { faults, bodies, bulk } = await setUp(t);
  faults.fail(/_search/, { kind: "answers", status: 500 });
  faults.fail(/_bulk/, { kind: "answers", status: 429, body: { error: "busy" } }, { next: 1 });
  assert.deepEqual(await bulk(), { status: 429, body: '{"error":"busy"}' });
  assert.deepEqual(bodies, []);
  assert.equal((await bulk()).status, 200);
});

test("a refused item never reaches the server, and stands in its place in the answer", async (t) => {
  const { faults, bodies, bulk } = await setUp(t);
  const refused = { status: 429, error: { type: "busy", reason: "no" } };
  const answers = ({ id }: { id: string }) => (id === "b" ? refused : undefined);
  faults.fail(/_bulk/, { kind: "items", answers });
  const { items } = JSON.parse((await bulk()).body);
  assert.deepEqual(
    items.map((item: { update: { _id: string; status: number } }) => [
      item.update._id,
      item.update.status,
    ]),
    [
      ["a", 200],
      ["b", 429],
      ["c", 200],
    ],
  );
  assert.doesNotMatch(bodies.join(""), /"b"/);
});

for (const [where, reaches] of [
  ["before", []],
  ["in-request", ["broke off"]],
  ["before-answer", [BULK]],
  ["in-answer", [BULK]],
] as const) {
  test(`a connection cut ${where}: the client hears nothing whole, the server as much as it should`, async (t) => {
    const { faults, bodies, bulk } = await setUp(t);
    faults.fail(/_bulk/, { kind: "cuts", where }, { next: 1 });
    await assert.rejects(bulk());
    assert.equal((await bulk()).status, 200, "the next one is cut as well");
    assert.deepEqual(bodies, [...reaches, BULK]);
  });
}

test("a held request is not carried out before it is let go, a held answer is", async (t) => {
  const { faults, bodies, bulk } = await setUp(t);
  const second = faults.hold(/_bulk/, { nth: 2 });
  await bulk();
  const held = bulk();
  assert.equal((await second.arrived).number, 2);
  assert.equal(bodies.length, 1);
  second.release();
  assert.equal((await held).status, 200);

  const answer = faults.hold(/_bulk/, { at: "answer" });
  const third = bulk();
  await answer.arrived;
  assert.equal(bodies.length, 3);
  faults.clear();
  assert.equal((await third).status, 200);
});

test("an answer is rewritten", async (t) => {
  const { faults, bulk } = await setUp(t);
  faults.fail(/_bulk/, { kind: "rewrites", rewrite: (body) => ({ body, more: true }) });
  assert.equal(JSON.parse((await bulk()).body).more, true);
});
