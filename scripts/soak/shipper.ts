import { setTimeout as sleep } from "node:timers/promises";
import type { TopicMessage } from "../../src/adapters/kafka/publisher.ts";
import { planted } from "../../test/support/asserts/leaks.ts";
import type { Random } from "./random.ts";
import { INDICES, type World } from "./world.ts";

type SoakLog = { log_id: string; "@timestamp": string; level: string; message: string };

/** What is special about a log. */
type Sort =
  | "plain"
  /** Its document comes seconds after its message. */
  | "late"
  /** No message at all: left to the backfill. */
  | "stored only"
  /** The text of an earlier one. */
  | "repeat"
  /** The embedder refuses it. */
  | "poison"
  /** Holds a password, which the embedder must not see. */
  | "secret"
  | "empty"
  /** Of a level that is passed over. */
  | "info";

export type Shipped = { index: string; sort: Sort; log: SoakLog };

/** A fleet of services whose logs go to a topic and, by a log shipper, into OpenSearch. */
export type Shipper = {
  /** By id. */
  shipped: ReadonlyMap<string, Shipped>;
  /** Messages that are no logs. */
  malformed(): number;
  /** Goes on until it is told to stop; resolves once everything is where it belongs. */
  run(stop: AbortSignal): Promise<void>;
};

const TICK_MS = 100;
const RETRY_MS = 500;
const MALFORMED_SHARE = 0.003;
const SHARES: readonly [Sort, number][] = [
  ["late", 0.1],
  ["stored only", 0.08],
  ["repeat", 0.05],
  ["info", 0.04],
  ["secret", 0.02],
  ["poison", 0.01],
  ["empty", 0.005],
];

type Parts = {
  world: Pick<World, "cluster" | "kafka" | "topic">;
  random: Random;
  perSecond: number;
  /** Drops everything. */
  signal: AbortSignal;
};

export function createShipper(parts: Parts): Shipper {
  const { random, perSecond, signal } = parts;
  const shipped = new Map<string, Shipped>();
  const texts: [string, ...string[]] = ["connection to db-1 lost: timeout after 30 s"];
  const store = createQueue<Shipped>((some) => storeAll(parts, some), signal);
  const send = createQueue<string>((some) => sendAll(parts, some), signal);
  const late = new Set<Promise<void>>();
  let malformed = 0;

  function ship(): void {
    const one = makeLog(shipped.size, random, texts);
    shipped.set(one.log.log_id, one);
    if (one.sort === "plain" || one.sort === "poison") texts.push(one.log.message);
    if (one.sort !== "stored only") send.add(JSON.stringify(one.log));
    if (one.sort !== "late") return store.add(one);
    const stored = sleep(random.between(500, 4000)).then(() => store.add(one));
    late.add(stored);
    void stored.finally(() => late.delete(stored));
  }

  return {
    shipped,
    malformed: () => malformed,
    async run(stop) {
      const startedAt = performance.now();
      while (!stop.aborted) {
        const due = ((performance.now() - startedAt) / 1000) * perSecond;
        while (shipped.size < due) {
          ship();
          if (!random.chance(MALFORMED_SHARE)) continue;
          malformed += 1;
          send.add(`no log ${malformed}`);
        }
        await sleep(TICK_MS, undefined, { signal });
      }
      await Promise.all(late);
      await Promise.all([store.end(), send.end()]);
    },
  };
}

function makeLog(number: number, random: Random, texts: readonly [string, ...string[]]): Shipped {
  const sort = sortOf(random);
  const log: SoakLog = {
    log_id: `log-${number}`,
    "@timestamp": new Date().toISOString(),
    level: sort === "info" ? "INFO" : random.pick(["ERROR", "error"]),
    message: messageOf(sort, number, random, texts),
  };
  return { index: random.pick(INDICES), sort, log };
}

function sortOf(random: Random): Sort {
  let left = random.between(0, 1);
  for (const [sort, share] of SHARES) {
    if (left < share) return sort;
    left -= share;
  }
  return "plain";
}

function messageOf(
  sort: Sort,
  number: number,
  random: Random,
  texts: readonly [string, ...string[]],
) {
  if (sort === "empty") return random.pick(["", "   "]);
  if (sort === "repeat") return random.pick(texts);
  if (sort === "poison") return `${POISON} ${number}: \u001b[31mbinary dump\u001b[0m`;
  const said = `Request ${number} to node-${number % 23} failed after ${Math.round(random.between(1, 900))} ms`;
  return sort === "secret" ? `${said}: password=${planted("in-a-log")}-${number}` : said;
}

const POISON = "POISON";

/** Whether the embedder refuses the text. */
export function isPoison(text: string): boolean {
  return text.startsWith(POISON);
}

/** Hands on what was added, as it can; a log shipper keeps what it could not hand on. */
function createQueue<T>(handOn: (some: readonly T[]) => Promise<void>, signal: AbortSignal) {
  const queue: T[] = [];
  const ended = new AbortController();
  const work = async () => {
    while (!ended.signal.aborted || queue.length > 0) {
      const some = queue.slice(0, 500);
      const handedOn = some.length === 0 || (await handOn(some).then(yes, no));
      if (handedOn) queue.splice(0, some.length);
      await sleep(handedOn ? TICK_MS : RETRY_MS, undefined, { signal });
    }
  };
  const worked = work();
  // Whoever waits for the end hears of it.
  worked.catch(() => undefined);
  return {
    add: (one: T) => void queue.push(one),
    end() {
      ended.abort();
      return worked;
    },
  };
}

const yes = () => true;
const no = () => false;

/** The same again does no harm: what is there already stays as it is. */
async function storeAll({ world }: Parts, some: readonly Shipped[]): Promise<void> {
  const lines = some.map(({ index, log }) => {
    const action = { create: { _index: index, _id: log.log_id } };
    return `${JSON.stringify(action)}\n${JSON.stringify(log)}\n`;
  });
  const answer = await world.cluster.send(
    "POST",
    "/_bulk?filter_path=items.*.status",
    lines.join(""),
  );
  const refused = /"status":(?!201|409)\d+/.exec(JSON.stringify(answer));
  if (refused) throw new Error(`a log was not stored: ${refused[0]}`);
}

async function sendAll({ world, signal }: Parts, some: readonly string[]): Promise<void> {
  const messages = some.map((value): TopicMessage => ({
    topic: world.topic,
    key: null,
    value: Buffer.from(value),
    headers: [],
  }));
  await world.kafka.publisher.publish(messages, signal);
}
