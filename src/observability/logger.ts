import { accessSync, constants, existsSync, statSync } from "node:fs";
import { dirname } from "node:path";
import winston from "winston";
import { createMask, escapeControls } from "./escape.ts";

export type LogLevel = "error" | "warn" | "info" | "debug";

/** Fields of an event in ECS names, nested or dotted. */
export type LogFields = Record<string, unknown>;

export type Logger = {
  log(level: LogLevel, message: string, fields?: LogFields): void;
  /** Waits until the log file has what was written, for a second at most. */
  close(): Promise<void>;
};

type LoggerSettings = {
  level: LogLevel;
  format: "human" | "json";
  file: string | undefined;
  secrets: readonly string[];
  serviceVersion: string;
  /** Where log lines go: standard output, or standard error where that belongs to an answer. */
  stream: NodeJS.WritableStream;
};

const MAX_FILE_BYTES = 10_000_000;
const MAX_FILES = 5;

export function createLogger(settings: LoggerSettings): Logger {
  const { level, format, file, stream, secrets, serviceVersion } = settings;
  const mask = createMask(secrets);
  const lines = format === "json" ? jsonLines(mask, serviceVersion) : humanLines(mask);
  const logger = winston.createLogger({
    level,
    format: lines,
    transports: [new winston.transports.Stream({ stream })],
  });
  const log = (at: LogLevel, message: string, fields: LogFields = {}) => {
    logger.log({ level: at, message, fields });
  };
  const fileTransport = file ? openFile(logger, file, log) : undefined;
  return {
    log,
    async close() {
      const written = fileTransport
        ? new Promise((resolve) => fileTransport.once("finish", resolve))
        : Promise.resolve();
      logger.end();
      await Promise.race([written, new Promise((resolve) => setTimeout(resolve, 1000).unref())]);
    },
  };
}

/** A file that cannot be written is worth a warning, never a stop: neither at the start nor when the disk fills up. */
function openFile(logger: winston.Logger, file: string, log: Logger["log"]) {
  const warn = (problem: string) =>
    log("warn", `Log file ${file} cannot be written (${problem}); logging goes on without it`, {
      "event.action": "log-file-unwritable",
    });
  const problem = unwritable(file);
  if (problem) {
    warn(problem);
    return undefined;
  }
  const transport = new winston.transports.File({
    filename: file,
    maxsize: MAX_FILE_BYTES,
    maxFiles: MAX_FILES,
    tailable: true,
  });
  // winston adds a failed transport again, tells of it on the logger, and throws where nobody listens there.
  logger.on("error", (error: Error) => {
    logger.remove(transport);
    warn(error.message);
  });
  logger.add(transport);
  return transport;
}

function unwritable(file: string): string | undefined {
  try {
    // The final dot makes a folder that is none fail here.
    accessSync(existsSync(file) ? file : `${dirname(file)}/.`, constants.W_OK);
    return existsSync(file) && statSync(file).isDirectory() ? "EISDIR: a folder" : undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

type Info = winston.Logform.TransformableInfo;

function fieldsOf(info: Info): LogFields {
  const { fields } = info;
  return typeof fields === "object" && fields !== null ? { ...fields } : {};
}

function humanLines(mask: (text: string) => string) {
  return winston.format.printf((info) => {
    const time = new Date().toISOString().slice(0, 19);
    const level = info.level.toUpperCase().padEnd(5);
    return escapeControls(mask(`${time}Z ${level} ${String(info.message)}`));
  });
}

const ECS_VERSION = "8.11.0";

function jsonLines(mask: (text: string) => string, serviceVersion: string) {
  // Masked value by value: once it is JSON, a secret's quotes are escaped, and digits may be a number's.
  const masked = (_key: string, value: unknown) =>
    typeof value === "string" ? mask(value) : value;
  return winston.format.printf((info) => {
    const event = {
      "@timestamp": new Date().toISOString(),
      "log.level": info.level,
      message: String(info.message),
      "ecs.version": ECS_VERSION,
      "service.name": "log-vectorizer",
      "service.version": serviceVersion,
      ...fieldsOf(info),
    };
    return escapeControls(JSON.stringify(event, masked));
  });
}
