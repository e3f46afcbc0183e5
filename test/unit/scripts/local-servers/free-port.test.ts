import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { test } from "node:test";
import { freePorts } from "../../../../scripts/local-servers/free-port.ts";

test("ports are all different, free, and none that a system lends to outgoing connections", async () => {
  const ports = await freePorts(20);
  assert.equal(new Set(ports).size, 20);
  for (const port of ports) {
    assert.ok(port < 32_768, String(port));
    await using server = createServer().listen(port, "127.0.0.1");
    await once(server, "listening");
  }
});
