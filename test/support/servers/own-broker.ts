import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { freePorts } from "../../../scripts/local-servers/free-port.ts";
import { startKafka } from "../../../scripts/local-servers/kafka.ts";
import { eventually } from "../asserts/eventually.ts";
import { comeBack } from "./come-back.ts";

/** A broker on one port whose data outlive it. */
export type OwnBroker = {
  /** host:port */
  address: string;
  stop(): Promise<void>;
  /** Without a word to anybody. */
  kill(): Promise<void>;
  start(): Promise<void>;
  /** Connections stay, and nobody answers any more once this is done. */
  silence(): Promise<Disposable>;
};

export async function startOwnBroker(
  t: Pick<TestContext, "after"> & Partial<Pick<TestContext, "signal">>,
): Promise<OwnBroker> {
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
    async silence() {
      const { pid } = kafka;
      process.kill(pid, "SIGSTOP");
      await eventually(() => isStopped(pid), { signal: t.signal ?? new AbortController().signal });
      return { [Symbol.dispose]: () => void process.kill(pid, "SIGCONT") };
    },
    async start() {
      kafka = await comeBack(() => startKafka({ port, data }));
    },
  };
}

/** Each thread stops when the kernel gets to it: one that runs on another processor may answer until then. True where nobody can tell. */
async function isStopped(pid: number): Promise<boolean> {
  const folder = `/proc/${pid}/task`;
  const threads = await readdir(folder).catch(() => []);
  const states = await Promise.all(
    threads.map((thread) => readFile(join(folder, thread, "stat"), "utf8").catch(() => ") T")),
  );
  return states.every((stat) => /\) [Tt]/.test(stat));
}
