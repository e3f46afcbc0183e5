import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { startKafka } from "../../../scripts/local-servers/kafka.ts";
import { comeBack } from "./come-back.ts";

/** A broker on one port whose data outlive it. */
export type OwnBroker = {
  /** host:port */
  address: string;
  stop(): Promise<void>;
  /** Without a word to anybody. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Connections stay, and nobody answers. */
  silence(): Disposable;
};

export async function startOwnBroker(t: Pick<TestContext, "after">): Promise<OwnBroker> {
  const data = await mkdtemp(join(tmpdir(), "kafka-data-"));
  const [port = 0] = await freePorts(1);
  let kafka = await comeBack(() => startKafka({ port, data }));
  t.after(async () => {
    await kafka.stop();
    await rm(data, { recursive: true, force: true, maxRetries: 3 });
  });
  return {
    address: kafka.broker,
    stop: () => kafka.stop(),
    async kill() {
      process.kill(kafka.pid, "SIGKILL");
      await kafka.stop();
    },
    silence() {
      const { pid } = kafka;
      process.kill(pid, "SIGSTOP");
      return { [Symbol.dispose]: () => void process.kill(pid, "SIGCONT") };
    },
    async start() {
      kafka = await comeBack(() => startKafka({ port, data }));
    },
  };
}
