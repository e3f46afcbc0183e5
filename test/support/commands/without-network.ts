import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join, resolve } from "node:path";
import type { TestContext } from "node:test";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
import { temporaryFolder } from "./run-command.ts";

const INSIDE = resolve(import.meta.dirname, "loopback-only.ts");
const TIMEOUT_MS = 10 * 60_000;

/** Why commands cannot be run without a network; false where they can. */
export function skipWithNetworkOnly(): string | false {
  const tried = spawnSync("unshare", ["-rn", "ip", "link", "set", "lo", "up"]);
  return tried.status === 0 ? false : "no network namespaces here";
}

type Command = {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  folder: string;
  /** A server on this machine's loopback, the only address that the command reaches. */
  server: URL;
};

/** Runs the program in a network namespace of its own; what it printed on stdout. Throws, with its output, where it fails. */
export async function runWithoutNetwork(
  t: Pick<TestContext, "after">,
  { program, args, env, folder, server }: Command,
): Promise<string> {
  const socket = join(await temporaryFolder(t), "server");
  const relay = createServer((client) => {
    const reached = connect(Number(server.port), server.hostname);
    client.pipe(reached).pipe(client);
    client.on("error", () => reached.destroy());
    reached.on("error", () => client.destroy());
  });
  relay.listen(socket);
  await once(relay, "listening");
  try {
    const inside = [process.execPath, INSIDE, server.port, socket, program, ...args];
    return await runCommand({
      program: "unshare",
      args: ["-rn", ...inside],
      folder,
      env,
      timeoutMs: TIMEOUT_MS,
    });
  } finally {
    relay.close();
  }
}
