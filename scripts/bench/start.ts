import { readFile, readdir, stat } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { once } from "node:events";
import { dirname, join, resolve } from "node:path";
import { z } from "zod";
import { MAIN, type Bench, type Measured, type Size } from "./bench.ts";
import { withErrors } from "./drain.ts";
import { round, sampleOf, shown } from "./samples.ts";
import { runVectorizer } from "./vectorizer.ts";

const GOES: Record<Size, number> = { quick: 3, normal: 9, full: 9 };
const CHECKOUT = resolve(import.meta.dirname, "../..");

const lockShape = z.object({
  packages: z.record(z.string(), z.object({ dev: z.boolean().optional() })),
});

/** How soon `--once` asks its first question, how soon it is over where nothing is pending, and what is installed. */
export async function benchStart(bench: Bench): Promise<Measured> {
  bench.say("Starting");
  const first: number[] = [];
  const whole: number[] = [];
  await withErrors(bench, 0, async ({ name }) => {
    await runVectorizer(bench, { args: ["--once"], index: name, delayMs: 0 });
    for (let go = 0; go < GOES[bench.size]; go++) {
      const env = { OPENSEARCH_URL: "" };
      await using door = await openDoor(await bench.openSearch());
      env.OPENSEARCH_URL = door.url;
      const startedAt = performance.now();
      const ran = await runVectorizer(bench, { args: ["--once"], index: name, delayMs: 0, env });
      first.push((door.askedAt() ?? Number.NaN) - startedAt);
      whole.push(ran.wallMs);
    }
  });
  const installed = await installedSize();
  return {
    figures: {
      first_query_ms: sampleOf(first),
      once_with_nothing_pending_ms: sampleOf(whole),
      ...installed,
    },
    rows: [
      { what: "--once to its first query", value: shown(sampleOf(first), "ms") },
      {
        what: "--once with nothing pending, to its exit",
        value: shown(sampleOf(whole), "ms"),
      },
      {
        what: "installed",
        value: `${installed.installed_megabytes} MB, ${installed.packages} packages`,
      },
    ],
  };
}

/** Stands before a server, and knows when somebody first asked something. */
async function openDoor(target: string) {
  let askedAt: number | undefined;
  const { hostname, port } = new URL(target);
  const server = createServer((client) => {
    const beyond = connect(Number(port), hostname);
    client.once("data", () => {
      askedAt ??= performance.now();
    });
    // Whoever hangs up is told of it at its own end.
    for (const socket of [client, beyond]) socket.on("error", () => undefined);
    client.pipe(beyond).pipe(client);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const own = typeof address === "object" && address ? address.port : 0;
  return {
    url: `http://127.0.0.1:${own}`,
    askedAt: () => askedAt,
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** The service and all that it needs at run time, as npm lays it out. */
async function installedSize() {
  const lock = lockShape.parse(
    JSON.parse(await readFile(join(CHECKOUT, "package-lock.json"), "utf8")),
  );
  const paths = Object.entries(lock.packages).filter(([path, { dev }]) => path && !dev);
  let bytes = await bytesIn(dirname(MAIN));
  let packages = 0;
  for (const [path] of paths) {
    // Of those for other systems than this one there is nothing.
    const size = await bytesIn(join(CHECKOUT, path), "node_modules");
    if (size > 0) packages++;
    bytes += size;
  }
  return { installed_megabytes: round(bytes / 1e6), packages };
}

async function bytesIn(folder: string, except?: string): Promise<number> {
  let bytes = 0;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.name === except) continue;
    const path = join(folder, entry.name);
    bytes += entry.isDirectory() ? await bytesIn(path, except) : (await stat(path)).size;
  }
  return bytes;
}
