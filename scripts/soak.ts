import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { count } from "../src/domain/count.ts";
import { auditLives } from "./soak/audit-lives.ts";
import { auditPayments } from "./soak/audit-payments.ts";
import { auditStore } from "./soak/audit-store.ts";
import { createCrew } from "./soak/crew.ts";
import { auditLetters } from "./soak/audit-letters.ts";
import { untilDone } from "./soak/finish.ts";
import { createRandom } from "./soak/random.ts";
import { createShipper } from "./soak/shipper.ts";
import { upset } from "./soak/upsets.ts";
import { playStories } from "./soak/stories.ts";
import { watch } from "./soak/watch.ts";
import { openWorld } from "./soak/world.ts";

const USAGE = `Usage: npm run soak -- [--minutes N] [--seed N] [--per-second N] [--keep]

A daemon and two tails under a steady stream of logs while everything goes wrong by turns; then nothing does any longer,
they finish, and the store is read and compared with what was shipped. Prints figures as JSON; exits 1 where anything is
not as it should be. What the processes printed is kept then, and with --keep.`;

const COMMANDS = { daemon: ["run"], "tail-1": ["tail"], "tail-2": ["tail"] };
/** Never taken down, so that its memory can be watched. */
const SPARED = ["tail-2"];
const MAX_SHOWN = 50;

type Options = { minutes: number; seed: number; perSecond: number; keep: boolean };

const say = (line: string) => console.error(`${new Date().toISOString().slice(11, 19)} ${line}`);

async function soak({ minutes, seed, perSecond, keep }: Options, signal: AbortSignal) {
  const violations: string[] = [];
  const wrong = (what: string) => void violations.push(what);
  const folder = await mkdtemp(join(tmpdir(), "soak-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(async () => {
    if (keep || violations.length > 0) say(`what the processes printed is kept in ${folder}`);
    else await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  say(`seed ${seed}, ${count(minutes, "minute")}, ${count(perSecond, "log")} a second`);
  const world = await openWorld(stack, signal);
  const before = await world.cluster.indices();
  const crew = stack.use(
    createCrew({ folder, settings: world.settings, commands: COMMANDS, wrong }),
  );
  for (const name of Object.keys(COMMANDS)) crew.start(name);
  const watched = stack.use(watch(crew));
  const random = createRandom(seed, "logs");
  const shipper = createShipper({ world, random, perSecond, signal });

  const over = new AbortController();
  signal.addEventListener("abort", () => over.abort(), { once: true });
  const troubles = upset({ world, crew, seed, spared: SPARED, say }, over.signal);
  const shipping = shipper.run(over.signal);
  try {
    const time = sleep(minutes * 60_000, undefined, { signal });
    await Promise.race([time, shipping, troubles]);
  } finally {
    over.abort();
  }
  const [upsets] = await Promise.all([troubles, shipping]);
  say(`nothing goes wrong any longer; shipped: ${count(shipper.shipped.size, "log")}`);

  const finished = await untilDone({ world, crew, say, signal });
  if (!finished.done) wrong("it did not come to an end");
  for (const name of crew.names()) await crew.end(name, "SIGTERM");
  const { counts: store, embeddedAt } = await auditStore(world.cluster, shipper.shipped, wrong);
  const payments = auditPayments(world.stub.requests, crew.lives, embeddedAt, wrong);
  const secrets = [world.settings.OPENSEARCH_PASSWORD, ...crew.lives.map(({ key }) => key)];
  const printed = auditLives(crew, secrets, wrong);
  const letters = await auditLetters(world, shipper, wrong, signal);
  const stories = await playStories(seed, wrong, signal);
  const after = await world.cluster.indices();
  if (String(after) !== String(before)) wrong(`other indices than before: ${String(after)}`);
  for (const name of SPARED) if (watched.grew(name)) wrong(`the memory of ${name} grew and grew`);
  return {
    seed,
    minutes,
    opensearch: world.version,
    shipped: shipper.shipped.size,
    malformed: shipper.malformed(),
    upsets,
    seconds_to_finish: finished.seconds,
    store,
    payments,
    stories,
    printed,
    dead_letters: letters,
    processes: crew.lives.length,
    megabytes: watched.megabytes(),
    peak_megabytes: watched.peakMegabytes(),
    violations: violations.length,
    first_violations: violations.slice(0, MAX_SHOWN),
  };
}

function readOptions(): Options | undefined {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      options: { minutes: text, seed: text, "per-second": text, keep: { type: "boolean" } },
    });
    const minutes = Number(values.minutes ?? 3);
    const seed = Number(values.seed ?? Math.floor(Math.random() * 1e6));
    const perSecond = Number(values["per-second"] ?? 40);
    const fit = minutes > 0 && perSecond > 0 && Number.isSafeInteger(seed);
    return fit ? { minutes, seed, perSecond, keep: values.keep === true } : undefined;
  } catch {
    return undefined;
  }
}

const options = readOptions();
if (!options) {
  console.error(USAGE);
  process.exitCode = 2;
} else {
  const interrupted = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => interrupted.abort());
  try {
    const figures = await soak(options, interrupted.signal);
    console.log(JSON.stringify(figures, null, 2));
    process.exitCode = figures.violations === 0 ? 0 : 1;
  } catch (error) {
    if (interrupted.signal.aborted) say("interrupted");
    else console.error(error instanceof Error ? (error.stack ?? error.message) : error);
    process.exitCode = 1;
  }
}
