import { Writable } from "node:stream";
import { createEvents } from "../../../src/telemetry/events.ts";
import {
  createLogger,
  type LogLevel,
  type ServiceIdentity,
} from "../../../src/telemetry/logger.ts";
import { createManualClock } from "../../support/fakes/manual-clock.ts";

type Options = {
  level?: LogLevel;
  format?: "human" | "json";
  file?: string;
  secrets?: readonly string[];
  service?: Partial<ServiceIdentity>;
  /** Where lines go instead of being kept. */
  stream?: NodeJS.WritableStream;
};

const SERVICE: ServiceIdentity = {
  name: "log-vectorizer",
  version: "1.2.3",
  node: "some-host:42",
  host: "some-host",
  pid: 42,
};

/** A logger whose lines are kept, and the events that write to it. */
export function captureLog(options: Options = {}) {
  const { level = "info", format = "human", file, secrets = [] } = options;
  let text = "";
  const kept = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  const logger = createLogger({
    level,
    format,
    file,
    secrets,
    service: { ...SERVICE, ...options.service },
    stream: options.stream ?? kept,
  });
  const clock = createManualClock();
  const lines = () => text.split("\n").slice(0, -1);
  return {
    logger,
    clock,
    events: createEvents(logger, clock),
    text: () => text,
    lines,
    /** Each line without its time. */
    messages: () => lines().map((line) => line.replace(/^\S+Z /, "")),
    objects: () => lines().map(parseObject),
    /** Of JSON lines: "warn index-unfit". */
    actions: () =>
      lines()
        .map(parseObject)
        .map((one) => `${String(one["log.level"])} ${String(one["event.action"])}`),
  };
}

function parseObject(line: string): Record<string, unknown> {
  const parsed: unknown = JSON.parse(line);
  if (typeof parsed !== "object" || parsed === null) throw new Error(`no object: ${line}`);
  return { ...parsed };
}
