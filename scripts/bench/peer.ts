import { once } from "node:events";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { runCommand } from "../../src/adapters/process/run-command.ts";
import { MAIN, type Bench, type Measured, type Row, type Size } from "./bench.ts";
import { startProgram } from "./program.ts";
import { ratio, sampleOf, shown } from "./samples.ts";

type Amounts = { documents: number; rounds: number; delaysMs: readonly number[] };
const AMOUNTS: Record<Size, Amounts> = {
  quick: { documents: 400, rounds: 1, delaysMs: [50] },
  normal: { documents: 4000, rounds: 3, delaysMs: [50, 400, 1500] },
  full: { documents: 4000, rounds: 7, delaysMs: [50, 400, 1500] },
};
/** Of the documents, so many have a text of their own. */
const SHARE = 0.5;

const UP_TRIES = 300;
const UP_MS = 1000;
const SETUP_TIMEOUT_MS = 5 * 60_000;
const RACE_TIMEOUT_MS = 60 * 60_000;
const CHECKOUT = resolve(import.meta.dirname, "../..");

/**
 * The whole command of a drain beside what OpenSearch does by itself: `_update_by_query` through a `text_embedding` pipeline,
 * over the same documents and with the same embedder, in turns. A kit, in the folder that PEER_KIT names, brings that
 * OpenSearch, the embedder and the race; skipped where it is unset.
 */
export async function benchPeer(bench: Bench): Promise<Measured> {
  const kit = process.env["PEER_KIT"];
  if (kit === undefined) {
    const reason = "PEER_KIT names no folder with OpenSearch's own embedding";
    return {
      figures: { skipped: reason },
      rows: [{ what: "peer", value: `skipped: ${reason}` }],
    };
  }
  const { documents, rounds, delaysMs } = AMOUNTS[bench.size];
  await using stack = new AsyncDisposableStack();
  const [opensearch, stub] = await startKit(stack, bench, kit);
  bench.say(`${rounds} rounds at ${delaysMs.join(", ")} ms, ${documents} documents`);
  const options = {
    opensearch,
    stub,
    product: `${process.execPath} ${MAIN} --drain --json`,
    documents,
    share: SHARE,
    latency: delaysMs.join(","),
    rounds,
  };
  const args = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const raced = await runKit(bench, [join(kit, "race.mjs"), ...args], RACE_TIMEOUT_MS);
  return report(raced, delaysMs);
}

/** Starts OpenSearch and embedder of the kit on free ports, and sets the pipeline up. Returns their URLs. */
async function startKit(
  stack: AsyncDisposableStack,
  bench: Bench,
  kit: string,
): Promise<[opensearch: string, stub: string]> {
  // The node's transport is on the port a hundred above, the control of the embedder on the next one.
  const [node, stub] = [await freePort(100), await freePort(1)];
  const urls: [string, string] = [`http://127.0.0.1:${node}`, `http://127.0.0.1:${stub}`];
  bench.say("Starting OpenSearch with its own embedding");
  const home = join(bench.folder, "peer");
  const { JAVA_HOME } = process.env;
  const env = JAVA_HOME === undefined ? {} : { JAVA_HOME };
  const server = stack.use(startProgram(join(kit, "run"), [home, String(node)], env));
  stack.use(startProgram(process.execPath, [join(kit, "stub.mjs"), String(stub), "50"], {}));
  for (let tries = 1; !(await answers(urls[0])); tries++) {
    if (!server.runs() || tries >= UP_TRIES) throw new Error("PEER_KIT: its OpenSearch is not up");
    await sleep(UP_MS, undefined, { signal: bench.signal });
  }
  await runKit(bench, [join(kit, "setup.mjs"), ...urls], SETUP_TIMEOUT_MS);
  return urls;
}

function runKit(
  { signal }: Pick<Bench, "signal">,
  args: string[],
  timeoutMs: number,
): Promise<string> {
  return runCommand({ program: process.execPath, args, folder: CHECKOUT, timeoutMs, signal });
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url)).ok;
  } catch {
    return false;
  }
}

/** A port that is free, as is the one so many above it. */
async function freePort(above: number): Promise<number> {
  for (;;) {
    const first = await listening(0);
    const { port } = first;
    first.close();
    const second = await listening(port + above).catch(() => undefined);
    second?.close();
    if (second) return port;
  }
}

async function listening(wanted: number): Promise<{ port: number; close(): void }> {
  const server = createServer().listen(wanted, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return { port: address.port, close: () => server.close() };
}

const RUN =
  /^ *(?<delay>\d+) ms round (?<round>\d+) (?<side>\w+) +(?<speed>\d+) docs\/s +paid (?<paid>\d+) +requests (?<requests>\d+)/gm;
const runShape = z.object({
  delay: z.coerce.number(),
  round: z.coerce.number(),
  side: z.string(),
  speed: z.coerce.number(),
  paid: z.coerce.number(),
  requests: z.coerce.number(),
});
type Run = z.infer<typeof runShape>;
const endShape = z.object({ documents: z.number(), different: z.number() });

/** Reads what the race printed: a line for each run, and at its end a line of JSON. */
function report(raced: string, delaysMs: readonly number[]): Measured {
  const runs = [...raced.matchAll(RUN)].map(({ groups }) => runShape.parse(groups));
  const end = endShape.parse(JSON.parse(raced.trim().split("\n").at(-1) ?? ""));
  const rows: Row[] = [];
  const byDelay = delaysMs.map((delayMs) => {
    const own = runs.filter(({ delay }) => delay === delayMs);
    const product = own.filter(({ side }) => side === "product");
    const others = [...new Set(own.map(({ side }) => side))].filter((side) => side !== "product");
    const speed = sampleOf(product.map((run) => run.speed));
    const paid = Math.max(...product.map((run) => run.paid));
    const beside = others.map((side) => {
      const theirs = own.filter((run) => run.side === side);
      const pairs = sampleOf(ratiosOf(product, theirs), 3);
      const theirSpeed = sampleOf(theirs.map((run) => run.speed));
      rows.push({
        what: `drain with its start, embedder at ${delayMs} ms (${paid} texts paid)`,
        value: shown(speed, "docs/s"),
        reference: `${side} ${shown(theirSpeed, "docs/s")}`,
        ratio: pairs.median,
      });
      return { side, docs_per_second: theirSpeed, ratio_of_pairs: pairs };
    });
    const requests = product.map((run) => run.requests);
    return { embedder_ms: delayMs, docs_per_second: speed, most_paid: paid, requests, beside };
  });
  return { figures: { ...end, delays: byDelay }, rows };
}

/** Of the runs of one round each. */
function ratiosOf(product: readonly Run[], others: readonly Run[]): number[] {
  return product.flatMap(({ round, speed }) => {
    const other = others.find((run) => run.round === round);
    return other ? [ratio(speed, other.speed)] : [];
  });
}
