import type { Publisher, TopicMessage } from "../../src/adapters/kafka/publisher.ts";
import type { BenchIndex } from "./index.ts";

export type BenchLog = {
  log_id: string;
  "@timestamp": string;
  level: string;
  service: string;
  message: string;
};

const AT_ONCE = 1000;

/** Logs of about 250 bytes whose texts are all different. */
export function* makeLogs(
  name: string,
  count: number,
  levelOf: (number: number) => string,
): Generator<BenchLog> {
  for (let number = 0; number < count; number++) {
    yield {
      log_id: `${name}-${number}`,
      "@timestamp": new Date().toISOString(),
      level: levelOf(number),
      service: `service-${number % 17}`,
      message: `Request ${name}-${number} to node-${number % 23} took ${number % 977} ms and was answered with status ${500 + (number % 5)} after ${number % 3} retries`,
    };
  }
}

/** Indexes the logs as Logstash would. */
export async function indexLogs(index: BenchIndex, logs: Iterable<BenchLog>): Promise<void> {
  for (const some of pages(logs)) {
    const lines = some.map((log) => {
      const action = { index: { _index: index.name, _id: log.log_id } };
      return `${JSON.stringify(action)}\n${JSON.stringify(log)}\n`;
    });
    await index.bulk(lines.join(""));
  }
}

/** Sends the logs to a topic, keyed by their ids. */
export async function produceLogs(
  publisher: Publisher,
  topic: string,
  logs: Iterable<BenchLog>,
  signal: AbortSignal,
): Promise<void> {
  for (const some of pages(logs)) {
    const messages = some.map((log): TopicMessage => ({
      topic,
      key: Buffer.from(log.log_id),
      value: Buffer.from(JSON.stringify(log)),
      headers: [],
    }));
    await publisher.publish(messages, signal);
  }
}

function* pages<T>(all: Iterable<T>): Generator<T[]> {
  let page: T[] = [];
  for (const one of all) {
    page.push(one);
    if (page.length < AT_ONCE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}
