import { basename, dirname } from "node:path";
import { createStream } from "rotating-file-stream";
import winston from "winston";
import { createMask, escapeControls } from "./escape.ts";
import { currentScope, type Scope } from "./scope.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** Fields of an event in ECS names, nested or dotted. */
export type LogFields = Record<string, unknown>;

export type Logger = {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Waits until the log file has what was written, for a second at most. */
  close(): Promise<void>;
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

const MAX_FILE_SIZE = "10M";
const MAX_FILES = 5;

export function createLogger(settings: LoggerSettings): Logger {
  const { level, format, file, stream, secrets, service } = settings;
  const mask = createMask(secrets);
  const lineOf = format === "json" ? jsonLines(mask, service) : humanLines(mask);
  const logger = winston.createLogger({
    level,
    format: winston.format.printf(lineOf),
    transports: [new winston.transports.Stream({ stream })],
  });
  let ended = false;
  const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
    const info = { level: at, message, fields, scope: currentScope() };
    if (!ended) logger.log(info);
    // The file may fail as the last of all.
    else if (logger.isLevelEnabled(at)) stream.write(`${lineOf(info)}\n`);
  };
  const stopped = file ? openFile(logger, file, log) : undefined;
  return {
    log,
    async close() {
      // What is still on its way to the file must be in it before that is closed.
      const passedOn = new Promise((go) => logger.once("finish", go));
      ended = true;
      logger.end();
      const kept = passedOn.then(() => stopped?.());
      await Promise.race([kept, new Promise((go) => setTimeout(go, 1000).unref())]);
    },
  };
}

/**
 * A file that cannot be written is worth a warning, never a stop: neither at the start nor when the disk fills up.
 * winston's own file transport swallows the error of a full disk and then holds up the other transports.
 */
function openFile(
  logger: winston.Logger,
  path: string,
  log: Logger["log"],
): () => Promise<unknown> | undefined {
  const stream = createStream(basename(path), {
    path: dirname(path),
    size: MAX_FILE_SIZE,
    rotate: MAX_FILES - 1,
  });
  const transport = new winston.transports.Stream({ stream });
  let failed = false;
  stream.on("error", (error: Error) => {
    if (failed) return;
    failed = true;
    logger.remove(transport);
    const text = `Log file ${path} cannot be written (${error.message}); logging goes on without it`;
    log("warn", text, { "event.action": "log-file-unwritable" });
  });
  logger.add(transport);
  return () =>
    failed ? undefined : new Promise((resolve) => stream.end(() => resolve(undefined)));
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
