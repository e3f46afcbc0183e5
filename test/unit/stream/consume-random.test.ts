import assert from "node:assert/strict";
import { test } from "node:test";
import { Fault, type FaultKind } from "../../../src/domain/faults.ts";
import type { FakeBehaviour } from "../../support/fakes/fake-embedder.ts";
import { settled } from "../../support/fakes/manual-clock.ts";
import { propertySeeds } from "../../support/property-runs.ts";
import {
  GROUP,
  LETTERS,
  TOPIC,
  assertAddsUp,
  setUpConsumer,
  type Running,
} from "./consumer-setup.ts";
import { document, randomMessage, type RandomMessage } from "./random-messages.ts";
import { watchStory } from "./random-watch.ts";
import { createRandom, type Random } from "../../support/random.ts";

const SEEDS = 64;
const BLOCKS = 8;
const FAULTS: readonly [FaultKind, ...FaultKind[]] = [
  "rate",
  "outage",
  "quota",
  "credentials",
  "configuration",
];
/** All looks at a document that is not there. */
const LAST_LOOK_MS = 15_000;

for (const { about, seeds } of propertySeeds(SEEDS, BLOCKS)) {
  test(`with any faults, no offset is committed ahead of its work (${about})`, async () => {
    for (const seed of seeds) await tellStory(seed);
  });
}

async function tellStory(seed: number): Promise<void> {
  const random = createRandom(seed);
  const about = `seed ${seed}`;
  const partitions = 1 + random.below(3);
  const setup = setUpConsumer(undefined, {
    partitions,
    batchSize: 1 + random.below(8),
    batchTimeoutMs: 100 + random.below(2000),
  });
  const { clock, store, embedder, broker } = setup;
  const watch = watchStory(setup, about);
  const trouble = { share: 0 };
  embedder.always(embedderIn(trouble, random));
  for (const method of ["survey", "locate", "write"] as const) {
    store.before(method, () => {
      if (random.chance(trouble.share / 2)) throw new Fault("outage", `fake: no ${method}`);
    });
  }
  const blocks = random.chance(0.5);
  store.refuse(({ record }) => {
    if (!blocks || !random.chance(trouble.share / 4)) return undefined;
    watch.refusedByIndex.add(record.id);
    return new Fault("index", "fake: write block");
  });

  const story = createStory(random, setup, watch, partitions);
  const steps = 15 + random.below(20);
  for (let step = 0; step < steps; step++) {
    trouble.share = random.chance(0.5) ? 0 : 0.6;
    story.produceSome();
    await story.disturb();
    await clock.advance(random.below(random.chance(0.2) ? 10_000 : 1500));
    story.bringDue();
  }
  trouble.share = 0;
  await story.calm();
  for (let tries = 0; tries < 100 && !watch.allCommitted(); tries++) {
    await clock.advance(3000);
    story.bringDue();
  }
  await story.end();

  watch.assertAllDone(story.inTime);
  assert.equal(broker.members(GROUP), 0, about);
  assert.equal(clock.sleepers, 0, about);
  assert.deepEqual(setup.told.failedUnexpectedly, [], about);
}

/** Refuses poison; in times of trouble it fails now and then. */
function embedderIn(trouble: { share: number }, random: Random): FakeBehaviour {
  return ({ inputs, answer }) => {
    if (random.chance(trouble.share)) throw new Fault(random.pick(FAULTS), "fake: trouble");
    if (inputs.some(({ text }) => text.startsWith("poison"))) throw new Fault("record", "poison");
    return answer();
  };
}

function createStory(
  random: Random,
  setup: ReturnType<typeof setUpConsumer>,
  watch: ReturnType<typeof watchStory>,
  partitions: number,
) {
  const { clock, store, broker, start, stopped } = setup;
  const members: Running[] = [start(watch.watched())];
  const ended: Running[] = [];
  const all: RandomMessage[] = [];
  /** By number: when its first message came, when its document is to come, and when it came. */
  const timesOf = new Map<number, { produced: number; comes: number; came?: number }>();
  let count = 0;

  const newNumber = () => {
    const number = random.chance(0.1) && count > 0 ? random.below(count) : count++;
    if (timesOf.has(number)) return number;
    const lateMs = random.chance(0.6) ? 0 : random.chance(0.7) ? random.below(30_000) : Infinity;
    timesOf.set(number, { produced: clock.now(), comes: clock.now() + lateMs });
    return number;
  };
  const bringDue = () => {
    for (const [number, times] of timesOf) {
      if (times.comes > clock.now() || times.came !== undefined) continue;
      store.seed([document(number)]);
      times.came = clock.now();
    }
  };
  const leave = async (member: Running | undefined) => {
    if (!member) return;
    members.splice(members.indexOf(member), 1);
    ended.push(member);
    await stopped(member);
  };

  return {
    bringDue,
    produceSome() {
      const messages = Array.from({ length: random.below(6) }, () => {
        const again = random.chance(0.15) ? all[random.below(all.length)] : undefined;
        return again ?? randomMessage(random, partitions, newNumber);
      });
      for (const message of messages) {
        all.push(message);
        const before = watch.produced.get(message.partition) ?? [];
        watch.produced.set(message.partition, [...before, message]);
      }
      bringDue();
      broker.produce(TOPIC, messages);
    },
    async disturb() {
      const fault = new Fault("outage", "fake: trouble");
      broker.failPublish(LETTERS, random.chance(0.15) ? fault : undefined);
      broker.failCommit(random.chance(0.15) ? fault : undefined);
      if (random.chance(0.05)) broker.down();
      else broker.up();
      if (random.chance(0.05)) broker.breakStreams();
      if (random.chance(0.1)) broker.rebalance(GROUP);
      if (random.chance(0.1) && members.length < 3) members.push(start(watch.watched()));
      if (random.chance(0.1)) await leave(members[random.below(members.length)]);
      if (members.length === 0) members.push(start(watch.watched()));
      await settled();
    },
    async calm() {
      broker.failPublish(LETTERS, undefined);
      broker.failCommit(undefined);
      broker.up();
    },
    async end() {
      while (members.length > 0) await leave(members[0]);
      for (const { consumer } of ended) assertAddsUp(consumer.tally());
    },
    inTime(number: number): boolean {
      const { produced = 0, came = Infinity } = timesOf.get(number) ?? {};
      return came < produced + LAST_LOOK_MS;
    },
  };
}
