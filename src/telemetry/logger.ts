import { Writable } from "node:stream";
import winston from "winston";
import { createMask, escapeControls } from "./escape.ts";
import type { EventAction } from "./event-actions.ts";
import { LogFile } from "./log-file.ts";
import { count } from "./phrases.ts";
import { currentScope, type Scope } from "./scope.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** Fields of an event in ECS names, nested or dotted. */
export type LogFields = Record<string, unknown> & { "event.action"?: EventAction };

export type Logger = {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** From now on it hears when the log file becomes unwritable and writable; at once where it is unwritable already. */
  listen(listener: LogFileListener): void;
  /** At SIGHUP: opens the log file by its name again, and says so. */
  reopenFile(): Promise<void>;
  /** Waits until the log file has what was written, for a second at most. */
  close(): Promise<void>;
};

type LogFileListener = {
  unwritable(path: string, problem: string): void;
  writable(path: string): void;
};

/** Whose lines these are. */
export type ServiceIdentity = {
  name: string;
  version: string;
  /** Such as production. */
  environment?: string;
  /** Of this process, among those of the same service at the same time. */
  node: string;
  host: string;
  pid: number;
};

type LoggerSettings = {
  level: LogLevel;
  format: "human" | "json";
  file: string | undefined;
  secrets: readonly string[];
  service: ServiceIdentity;
  /** Where log lines go: standard output, or standard error where that belongs to an answer. */
  stream: NodeJS.WritableStream;
};

export function createLogger(settings: LoggerSettings): Logger {
  const { level, format, file: path, stream, secrets, service } = settings;
  const mask = createMask(secrets);
  const lineOf = format === "json" ? jsonLines(mask, service) : humanLines(mask);
  const logger = winston.createLogger({
    level,
    format: winston.format.printf(lineOf),
    transports: [new winston.transports.Stream({ stream })],
  });
  let ended = false;
  const infoOf = (at: LogLevel, message: string, fields: LogFields) => {
    return { level: at, message, fields, scope: currentScope() };
  };
  /** To the other output alone: the file has said it itself, or cannot. */
  const logBeside = (at: LogLevel, message: string, fields: LogFields) => {
    if (logger.isLevelEnabled(at)) stream.write(`${lineOf(infoOf(at, message, fields))}\n`);
  };
  const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
    // The file may fail as the last of all.
    if (ended) logBeside(at, message, fields);
    else logger.log(infoOf(at, message, fields));
  };
  const listeners = new Set<LogFileListener>();
  const file = path === undefined ? undefined : openFile(path);
  if (file) logger.add(new winston.transports.Stream({ stream: linesTo(file) }));
  return {
    log,
    listen(listener) {
      listeners.add(listener);
      if (file?.problem !== undefined) listener.unwritable(file.path, file.problem);
    },
    async reopenFile() {
      await file?.reopen();
      const text = file
        ? `SIGHUP: log file ${file.path} ${file.problem === undefined ? "was reopened" : `still cannot be written (${file.problem})`}`
        : "SIGHUP: there is no log file to reopen; nothing else changes";
      log("info", text, { "event.action": "log-file-reopened" });
    },
    async close() {
      // What is still on its way to the file must be in it before that is closed.
      const passedOn = new Promise((go) => logger.once("finish", go));
      ended = true;
      logger.end();
      const kept = passedOn.then(() => file?.close());
      await Promise.race([kept, new Promise((go) => setTimeout(go, 1000).unref())]);
    },
  };

  /** A file that cannot be written is worth a warning, never a stop: neither at the start nor when the disk fills up. */
  function openFile(name: string): LogFile {
    const gap = (lost: number) =>
      `Log file ${name} is written again; ${count(lost, "line")} of it ${lost === 1 ? "was" : "were"} lost`;
    const fields: LogFields = { "event.action": "log-file-writable" };
    return new LogFile(name, {
      onUnwritable(problem) {
        const text = `Log file ${name} cannot be written (${problem}). Logging goes on without it, and it is tried again each minute`;
        logBeside("warn", text, { "event.action": "log-file-unwritable" });
        for (const { unwritable } of listeners) unwritable(name, problem);
      },
      gapLine: (lost) => `${lineOf(infoOf("warn", gap(lost), fields))}\n`,
      onWritable(lost) {
        logBeside("warn", gap(lost), fields);
        for (const { writable } of listeners) writable(name);
      },
    });
  }
}

function linesTo(file: LogFile): Writable {
  return new Writable({
    decodeStrings: false,
    write(line, _encoding, done) {
      file.write(String(line));
      done();
    },
  });
}

type Info = winston.Logform.TransformableInfo;

function fieldsOf(info: Info): LogFields {
  const { fields } = info;
  return typeof fields === "object" && fields !== null ? { ...fields } : {};
}

function scopeIn(info: Info): Scope {
  const { scope } = info;
  return typeof scope === "object" && scope !== null ? scope : {};
}

function humanLines(mask: (text: string) => string) {
  return (info: Info): string => {
    const time = new Date().toISOString().slice(0, 19);
    const level = info.level.toUpperCase().padEnd(5);
    // A line break in what somebody else said must not begin a line that looks like ours.
    const message = String(info.message).replaceAll("\n", "\n    ");
    const { request: id } = scopeIn(info);
    const request = id === undefined ? "" : ` (request ${id})`;
    return escapeControls(mask(`${time}Z ${level} ${message}${request}`));
  };
}

const ECS_VERSION = "8.11.0";

function jsonLines(mask: (text: string) => string, service: ServiceIdentity) {
  const own = serviceFields(service);
  // Masked value by value: once it is JSON, a secret's quotes are escaped, and digits may be a number's.
  const masked = (_key: string, value: unknown) =>
    typeof value === "string" ? mask(value) : value;
  return (info: Info): string => {
    const event = {
      "@timestamp": new Date().toISOString(),
      "log.level": info.level,
      message: String(info.message),
      "ecs.version": ECS_VERSION,
      ...own,
      ...scopeFields(scopeIn(info)),
      ...fieldsOf(info),
    };
    return escapeControls(JSON.stringify(event, masked));
  };
}

function serviceFields({
  name,
  version,
  environment,
  node,
  host,
  pid,
}: ServiceIdentity): LogFields {
  return {
    "service.name": name,
    "service.version": version,
    ...(environment === undefined ? {} : { "service.environment": environment }),
    "service.node.name": node,
    "host.hostname": host,
    "process.pid": pid,
    "event.dataset": `${name}.log`,
  };
}

function scopeFields({ request, cycle, span, transaction }: Scope): LogFields {
  return {
    ...(request === undefined ? {} : { "http.request.id": request }),
    ...(cycle === undefined ? {} : { "labels.cycle": cycle }),
    ...(span && { "trace.id": span.traceId, "span.id": span.spanId }),
    ...(transaction && { "transaction.id": transaction.spanId }),
  };
}
