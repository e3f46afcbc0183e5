import assert from "node:assert/strict";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { StdioClientTransport } from "@modelcontextprotocol/sdk/client/stdio.js";
import { runVectorizer, temporaryFolder } from "../../support/commands/run-command.ts";
import {
  errorLog,
  onEachOpenSearch,
  openFixture,
} from "../../support/servers/open-search-fixture.ts";

const MAIN = resolve(import.meta.dirname, "../../../src/main.ts");

await onEachOpenSearch((version) => {
  test("an agent asks by standard input and output, and nothing but the protocol is there", async (t) => {
    const fixture = await openFixture(t, version);
    const index = fixture.name("logs");
    await fixture.create(index);
    await fixture.fill(index, [errorLog("Disk 7 is full"), errorLog("Disk 8 is full", 1)]);
    const { env } = fixture;
    assert.equal((await runVectorizer(t, ["--drain"], { env })).code, 0);
    const folder = await temporaryFolder(t);
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MAIN, "mcp"],
      cwd: folder,
      stderr: "ignore",
      env: { ...env, LOG_FILE: "", HTTP_PORT: "0", STATE_DIR: join(folder, "state") },
    });
    const wrong: Error[] = [];
    // What is not JSON-RPC on its output is an error of the transport.
    const client = new Client({ name: "test", version: "1" });
    // oxlint-disable-next-line unicorn/prefer-add-event-listener -- it is no EventTarget
    client.onerror = (error) => void wrong.push(error);
    await client.connect(transport);
    t.after(() => client.close());
    const { content } = await client.callTool({ name: "list_error_groups", arguments: {} });
    assert.match(JSON.stringify(content), /Disk <\*> is full/);
    const found = await client.callTool({
      name: "find_similar_errors",
      arguments: { text: "disk full" },
    });
    assert.match(JSON.stringify(found.content), /Disk 7 is full|Disk 8 is full/);
    const { isError } = await client.callTool({
      name: "get_error_group",
      arguments: { group: "f".repeat(16) },
    });
    assert.equal(isError, true);
    const { pid } = transport;
    await client.close();
    assert.ok(pid !== null);
    assert.deepEqual(wrong, []);
  });
});
