import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StreamableHTTPClientTransport } from "@modelcontextprotocol/sdk/client/streamableHttp.js";
import { InMemoryTransport } from "@modelcontextprotocol/sdk/inMemory.js";
import { z } from "zod";
import { groupOf } from "../../../src/domain/group.ts";
import { sightedGroup } from "../../../src/domain/memory/group.ts";
import { sighting } from "../../contract/error-memory-contract.ts";
import { createMcpServer } from "../../../src/mcp/mcp-server.ts";
import { setUpHttp, TOKEN } from "../http/http-setup.ts";
import { vectorized } from "../search/search-setup.ts";

const DISK = { text: "Disk 7 is full, token=sk-hunter2hunter2hunter2", service: "shop" };
const GROUP = groupOf(DISK).group;
const DOCUMENTS = [
  vectorized(1, DISK.text, { stamp: { group: GROUP }, service: { name: DISK.service } }),
];

async function setUp(t: TestContext, { writesNotes = false } = {}) {
  const { httpParts, memory } = await setUpHttp(t, { documents: DOCUMENTS });
  const { search, groups, notes, explain, clock, version } = httpParts;
  const parts = { groups, notes, explain, clock, version, search: search.search };
  const server = createMcpServer({ ...parts, writesNotes, pageUrl: "http://host:9464" });
  const client = new Client({ name: "test", version: "1" });
  const [near, far] = InMemoryTransport.createLinkedPair();
  await Promise.all([server.connect(far), client.connect(near)]);
  t.after(() => client.close());
  return { client, memory, call: callOf(client) };
}

const contentShape = z.array(z.object({ type: z.literal("text"), text: z.string() })).length(1);

function callOf(client: Client) {
  return async (name: string, given: Record<string, unknown>) => {
    const { content, isError = false } = await client.callTool({ name, arguments: given });
    const [{ text } = assert.fail()] = contentShape.parse(content);
    return { text, isError, answer: isError ? {} : z.looseObject({}).parse(JSON.parse(text)) };
  };
}

test("every tool answers with what is known, masked, with links", async (t) => {
  const { client, call } = await setUp(t);
  const { tools } = await client.listTools();
  assert.deepEqual(
    tools.map(({ name }) => name),
    [
      "find_similar_errors",
      "list_error_groups",
      "get_error_group",
      "past_cases",
      "get_notes",
      "explain_error",
    ],
  );
  assert.ok(tools.every(({ annotations }) => annotations?.readOnlyHint === true));
  for (const [name, given] of [
    ["find_similar_errors", { text: "disk full", since: "5000d" }],
    ["list_error_groups", { service: "SHOP", order: "count" }],
    ["get_error_group", { group: GROUP.toUpperCase() }],
    ["past_cases", { text: DISK.text }],
    ["get_notes", { group: GROUP }],
    ["explain_error", { group: GROUP }],
  ] as const) {
    const { text, isError } = await call(name, given);
    assert.equal(isError, false, `${name}: ${text}`);
    assert.doesNotMatch(text, /hunter2/, name);
    if (name !== "get_notes") assert.match(text, new RegExp(GROUP), name);
    if (name !== "get_notes") assert.match(text, /http:\/\/host:9464\/errors\//, name);
  }
});

test("what names nothing, or nothing that is there, is told to the agent", async (t) => {
  const { call } = await setUp(t);
  for (const [name, given, problem] of [
    ["explain_error", {}, /Name a record/],
    ["get_error_group", { group: "f".repeat(16) }, /has the group/],
    ["get_error_group", { group: "x" }, /16 hex digits/],
    ["find_similar_errors", { text: "x", since: "soon" }, /since/],
    ["find_similar_errors", { text: "x", limit: 1000 }, /limit/],
    ["find_similar_errors", { text: "x", unknown: 1 }, /unknown/],
  ] as const) {
    const { text, isError } = await call(name, given);
    assert.equal(isError, true, name);
    assert.match(text, problem);
  }
});

test("an error is a resource", async (t) => {
  const { client } = await setUp(t);
  const { contents } = await client.readResource({ uri: `error://${GROUP}` });
  assert.match(JSON.stringify(contents), new RegExp(GROUP));
  await assert.rejects(client.readResource({ uri: `error://${"f".repeat(16)}` }), /has the group/);
  const { resourceTemplates } = await client.listResourceTemplates();
  assert.deepEqual(
    resourceTemplates.map(({ uriTemplate }) => uriTemplate),
    ["error://{group}"],
  );
});

test("notes are written by agents only where that is allowed", async (t) => {
  const note = { group: GROUP, cause: "logs were kept for ever", author: "kim" };
  const without = await setUp(t);
  assert.equal((await without.call("add_note", note)).isError, true);
  assert.equal(without.memory.kept.notes.size, 0);
  const { call, memory } = await setUp(t, { writesNotes: true });
  const seen = sightedGroup(undefined, { ...sighting(GROUP), ...DISK });
  await memory.groups.change([GROUP], () => ({ group: seen }), { visible: "now" }, t.signal);
  const { isError, text } = await call("add_note", note);
  assert.equal(isError, false, text);
  assert.deepEqual(
    [...memory.kept.notes.values()].map(({ cause, author }) => [cause, author]),
    [["logs were kept for ever", "kim"]],
  );
});

test("an agent asks over HTTP with the token, and not without", async (t) => {
  const { app } = await setUpHttp(t, { documents: DOCUMENTS, settings: { token: TOKEN } });
  const url = await app.listen({ port: 0, host: "127.0.0.1" });
  const connect = async (headers: Record<string, string>) => {
    const client = new Client({ name: "test", version: "1" });
    const transport = new StreamableHTTPClientTransport(new URL("/mcp", url), {
      requestInit: { headers },
    });
    await client.connect(transport);
    t.after(() => client.close());
    return client;
  };
  const client = await connect({ authorization: `Bearer ${TOKEN}` });
  assert.match((await callOf(client)("get_error_group", { group: GROUP })).text, new RegExp(GROUP));
  await assert.rejects(connect({}), /401/);
  const got = await app.inject({ url: "/mcp", headers: { authorization: `Bearer ${TOKEN}` } });
  assert.equal(got.statusCode, 405);
});
