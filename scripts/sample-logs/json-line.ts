import { logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";
import { epochTimestamp, isoTimestamp } from "./timestamps.ts";

const MESSAGE_FIELDS = ["message", "msg", "log", "event", "text"];
const LEVEL_FIELDS = ["level", "log.level", "severity", "levelname", "lvl"];
const TIME_FIELDS = ["@timestamp", "timestamp", "time", "ts", "asctime"];
const SERVICE_FIELDS = ["service.name", "service", "app", "logger", "name", "component"];

/** One JSON object with a message, as ECS, pino, logrus, zap and others write it. */
export function parseJsonLine(line: string): LogEntry | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const found = value;
  const message = firstOf(found, MESSAGE_FIELDS, text);
  if (message === undefined) return undefined;
  return logEntry({
    timestamp: firstOf(found, TIME_FIELDS, time),
    level: firstOf(found, LEVEL_FIELDS, level),
    message,
    service: firstOf(found, SERVICE_FIELDS, text),
  });
}

function firstOf<T>(
  object: Record<string, unknown>,
  fields: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const field of fields) {
    const value = read(valueAt(object, field));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** `log.level` is one key with a dot or an object in an object. */
function valueAt(object: Record<string, unknown>, path: string): unknown {
  if (Object.hasOwn(object, path)) return object[path];
  const [head = "", ...rest] = path.split(".");
  const inner = object[head];
  return rest.length > 0 && isObject(inner) ? valueAt(inner, rest.join(".")) : undefined;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function time(value: unknown): string | undefined {
  if (typeof value === "number") return epochTimestamp(value);
  return typeof value === "string" ? isoTimestamp(value) : undefined;
}

/** A word, or pino's and bunyan's number. */
function level(value: unknown): string | undefined {
  if (typeof value !== "number") return text(value);
  if (value >= 60) return "FATAL";
  if (value >= 50) return "ERROR";
  if (value >= 40) return "WARN";
  return value >= 30 ? "INFO" : "DEBUG";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
