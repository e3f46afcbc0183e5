import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";

import { startKafka } from "../../../../../scripts/local-servers/kafka.ts";

async function accepts(broker: string): Promise<boolean> {
  const { hostname, port } = new URL(`tcp://${broker}`);
  const socket = connect({ host: hostname, port: Number(port) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test("Kafka starts, accepts connections, and stop() ends it", async (t) => {
  const kafka = await startKafka();
  t.after(() => kafka.stop());
  assert.ok(await accepts(kafka.broker));
  await kafka.stop();
  assert.equal(await accepts(kafka.broker), false);
  assert.throws(() => process.kill(kafka.pid, 0), /ESRCH/);
});
