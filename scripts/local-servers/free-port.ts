import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems lend to outgoing connections (Linux from 32768 on), one of which might be taken so. */
const FIRST = 15_000;
const LAST = 32_000;

/** Ports of 127.0.0.1 that nothing listens on right now, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = randomInt(FIRST, LAST + 1);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

/** Whether nothing listens on this port of 127.0.0.1 right now. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  await server[Symbol.asyncDispose]();
  return true;
}
