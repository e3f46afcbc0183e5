import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../scripts/run-command.ts";
import { openKafkaFixture } from "../../support/servers/kafka-fixture.ts";
import { temporaryFolder } from "../../support/commands/run-command.ts";

const MAX_MS = 5 * 60_000;
/** Below what the library's own waits take. */
const MAX_HELD_UP_MS = 20_000;
const ADAPTER = resolve(import.meta.dirname, "../../../src/adapters/kafka/kafka.ts");

/** Uses everything once, closes it, and ends when nothing is left to do. */
const PROGRAM = `
  import { openKafka } from ${JSON.stringify(ADAPTER)};
  const [broker, topic, group] = process.argv.slice(2);
  const { signal } = new AbortController();
  const { source, publisher, topics } = openKafka({ brokers: [broker], clientId: "quiet" });
  await topics.create(topic, 1, signal);
  await publisher.publish([{ topic, key: null, value: Buffer.from("a"), headers: [] }], signal);
  const member = await source.subscribe({ topics: [topic], group, from: "latest" }, signal);
  await member.next(signal);
  await publisher.publish([{ topic, key: null, value: Buffer.from("b"), headers: [] }], signal);
  const delivery = await member.next(signal);
  await member.commit([{ topic, partition: 0, offset: 2 }], signal);
  for await (const some of source.readAll(topic, signal)) console.log(some.length);
  await topics.lag({ group, topics: [topic], from: "latest" }, signal);
  await Promise.all([source.close(), publisher.close(), topics.close()]);
  console.log(String(delivery.messages[0].value), "closed");
  const closedAt = performance.now();
  process.once("exit", () => console.log(Math.round(performance.now() - closedAt)));
`;

test("the library prints nothing, and lets the process end", { timeout: MAX_MS }, async (t) => {
  const kafka = await openKafkaFixture(t);
  const program = join(await temporaryFolder(t), "program.mts");
  await writeFile(program, PROGRAM);
  const printed = await runCommand({
    program: "/bin/sh",
    args: [
      "-c",
      '"$@" 2>&1',
      "sh",
      process.execPath,
      program,
      kafka.broker,
      kafka.name("quiet"),
      kafka.name("group"),
    ],
    timeoutMs: MAX_MS / 2,
  });
  const [, heldUpMs = ""] = /^2\nb closed\n(\d+)\n$/.exec(printed) ?? assert.fail(printed);
  assert.ok(Number(heldUpMs) < MAX_HELD_UP_MS, `a timer held it up for ${heldUpMs} ms`);
});
