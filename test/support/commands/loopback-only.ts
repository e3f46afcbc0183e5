import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { networkInterfaces } from "node:os";

/**
 * In a network namespace of its own: loopback-only.ts PORT SOCKET PROGRAM ARGS… runs the program with nothing to reach but what
 * the socket leads to, on this loopback's port, and ends with the program's code.
 */
const [port = "", socket = "", program = "", ...args] = process.argv.slice(2);
assert.equal(spawnSync("ip", ["link", "set", "lo", "up"]).status, 0);
assert.deepEqual(Object.keys(networkInterfaces()), ["lo"]);
const relay = createServer((client) => {
  const server = connect(socket);
  client.pipe(server).pipe(client);
  client.on("error", () => server.destroy());
  server.on("error", () => client.destroy());
});
relay.listen(Number(port), "127.0.0.1");
await once(relay, "listening");
const child = spawn(program, args, { stdio: "inherit" });
const [code] = await once(child, "exit");
process.exit(typeof code === "number" ? code : 1);
