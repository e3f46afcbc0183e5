import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { runCommand } from "../../../src/adapters/process/run-command.ts";
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
  const { stream, publisher, topics, deadLetters, close } = openKafka({ brokers: [broker], clientId: "quiet" });
  await topics.create(topic, 1, signal);
  await publisher.publish([{ topic, key: null, value: Buffer.from("a"), headers: [] }], signal);
  const what = { streams: [topic], group, from: "latest" };
  const assigned = Promise.withResolvers();
  const observer = { assigned: assigned.resolve, repeated() {}, checkpointFailed: console.log };
  const reader = stream.open(what, observer, signal);
  const reading = reader.read(signal);
  await assigned.promise;
  await publisher.publish([{ topic, key: null, value: Buffer.from("b"), headers: [] }], signal);
  const [message] = await reading;
  message.settle();
  for await (const some of deadLetters(topic).read(signal)) console.log(some.length);
  await stream.backlog(what, signal);
  await close();
  console.log(String(message.value), "closed");
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
