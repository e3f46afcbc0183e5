import { Writable } from "node:stream";
import winston from "winston";
import { createMask, escapeControls } from "./escape.ts";
import type { EventAction } from "./event-actions.ts";
import { LogFile } from "./log-file.ts";
import { count } from "./phrases.ts";
import { currentContext, type LogContext } from "./log-context.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** ECS fields, nested or dotted. */
export type LogFields = Record<string, unknown> & { "event.action"?: EventAction };

export type Logger = {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Calls the listener when the log file becomes unwritable or writable; at once where it is unwritable. */
  listen(listener: LogFileListener): void;
  /** At SIGHUP: reopens the log file by its name. */
  reopenFile(): Promise<void>;
  /** Waits at most a second for the log file. */
  close(): Promise<void>;
};

type LogFileListener = {
  unwritable(path: string, problem: string): void;
  writable(path: string): void;
};

export type ServiceIdentity = {
  name: string;
  version: string;
  environment?: string;
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
  /** Standard output, or standard error where standard output carries an answer. */
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
    return { level: at, message, fields, scope: currentContext() };
  };
  const logBeside = (at: LogLevel, message: string, fields: LogFields) => {
    if (logger.isLevelEnabled(at)) stream.write(`${lineOf(infoOf(at, message, fields))}\n`);
  };
  const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
    // winston would format the line, masks included, before it drops it.
    if (!logger.isLevelEnabled(at)) return;
    // The file may fail after the logger has ended.
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
      // Lines in transit must reach the file before it is closed.
      const passedOn = new Promise((go) => logger.once("finish", go));
      ended = true;
      logger.end();
      const kept = passedOn.then(() => file?.close());
      await Promise.race([kept, new Promise((go) => setTimeout(go, 1000).unref())]);
    },
  };

  /** An unwritable log file is a warning and never stops the process. */
  function openFile(name: string): LogFile {
    const gap = (lost: number) =>
      `Log file ${name} is written again; ${count(lost, "line")} of it ${lost === 1 ? "was" : "were"} lost`;
    const fields: LogFields = { "event.action": "log-file-writable" };
    return new LogFile(name, {
      onUnwritable(problem) {
        const text = `Log file ${name} cannot be written (${problem}). Logging continues without it, and it is tried again every minute`;
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

function contextIn(info: Info): LogContext {
  const { scope } = info;
  return typeof scope === "object" && scope !== null ? scope : {};
}

function humanLines(mask: (text: string) => string) {
  return (info: Info): string => {
    const time = new Date().toISOString().slice(0, 19);
    const level = info.level.toUpperCase().padEnd(5);
    // A line break in foreign text must not start a line that looks like ours.
    const message = String(info.message).replaceAll("\n", "\n    ");
    const { request: id } = contextIn(info);
    const request = id === undefined ? "" : ` (request ${id})`;
    return escapeControls(mask(`${time}Z ${level} ${message}${request}`));
  };
}

const ECS_VERSION = "8.11.0";

function jsonLines(mask: (text: string) => string, service: ServiceIdentity) {
  const own = serviceFields(service);
  // Masks each value before JSON escapes its quotes.
  const masked = (_key: string, value: unknown) =>
    typeof value === "string" ? mask(value) : value;
  return (info: Info): string => {
    const event = {
      "@timestamp": new Date().toISOString(),
      "log.level": info.level,
      message: String(info.message),
      "ecs.version": ECS_VERSION,
      ...own,
      ...contextFields(contextIn(info)),
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

function contextFields({ request, cycle, span, transaction }: LogContext): LogFields {
  return {
    ...(request === undefined ? {} : { "http.request.id": request }),
    ...(cycle === undefined ? {} : { "labels.cycle": cycle }),
    ...(span && { "trace.id": span.traceId, "span.id": span.spanId }),
    ...(transaction && { "transaction.id": transaction.spanId }),
  };
}
