import { asText, isObject, readPath } from "../../src/domain/document.ts";
import {
  LEVEL_NAMES,
  MESSAGE_NAMES,
  SERVICE_NAMES,
  TIME_NAMES,
} from "../../src/domain/log-format/fields.ts";
import { readLevel, writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime } from "../../src/domain/log-format/time.ts";
import { logEntry } from "./log-entry.ts";
import { levelOfStatus } from "./web-lines.ts";
import type { LogEntry } from "./log-entry.ts";

type Json = Record<string, unknown>;

/** One JSON object with a message, as ECS, pino, logrus, zap, journald, GELF, Serilog and others write it. */
export function parseJsonLine(line: string): LogEntry | undefined {
  const value = jsonObject(line);
  return value && entryOf(value);
}

/** The object that a line is; undefined where it is none. */
export function jsonObject(line: string): Json | undefined {
  if (!line.trimStart().startsWith("{")) return undefined;
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The record that an object of fields is; where it has no text the one given, or undefined. */
export function entryOf(written: Json, unsaid?: string): LogEntry | undefined {
  const audited = auditOf(written);
  if (audited) return audited;
  const wrappers = written["type"] === "log" ? [...WRAPPERS, DATADOG] : WRAPPERS;
  const source = wrappers.map((wrapper) => written[wrapper]).find(isObject);
  const fields = source && !("message" in written) ? source : written;
  const message = rendered(fields) ?? firstOf(fields, MESSAGE_FIELDS, text) ?? unsaid;
  if (message === undefined) return undefined;
  return logEntry({
    timestamp: firstOf(fields, TIME_NAMES, isoTime) ?? googleTime(fields),
    level: levelIn(fields) ?? levelOfAnswer(fields),
    message,
    service: firstOf(fields, SERVICE_NAMES, name),
  });
}

/** What exports of a search put the record itself under. */
const WRAPPERS = ["_source", "result"];
/** Where Datadog's export has the record of an object whose type is a log. */
const DATADOG = "attributes";

/** Kubernetes' audit log: its level says how much of a request is kept, the status what became of it. */
function auditOf(event: Json): LogEntry | undefined {
  const { apiVersion, verb, requestURI, responseStatus } = event;
  if (!asText(apiVersion).startsWith("audit.k8s.io/")) return undefined;
  const request = `${asText(verb)} ${asText(requestURI)}`;
  const said = name(readPath(responseStatus, "message"));
  return logEntry({
    timestamp: isoTime(event["stageTimestamp"] ?? event["requestReceivedTimestamp"]),
    level: levelOfStatus(asText(readPath(responseStatus, "code"))),
    message: said === undefined ? request : `${request}: ${said}`,
    service: name(readPath(event, "user.username")),
  });
}

function googleTime({ timestampSeconds, timestampNanos = 0 }: Json): string | undefined {
  if (timestampSeconds === undefined) return undefined;
  return isoTime({ seconds: timestampSeconds, nanos: timestampNanos });
}

const METHODS =
  `method request_method requestMethod http.request.method http_method verb RequestMethod request.method
  httpRequest.requestMethod`.split(/\s+/);
const STATUSES =
  `status status_code statusCode http.response.status_code http_status response_code DownstreamStatus
  httpRequest.status response.status`.split(/\s+/);

/** Of a request that tells no level, its status does. */
function levelOfAnswer(fields: Json): string | undefined {
  if (firstOf(fields, METHODS, name) === undefined) return undefined;
  const status = firstOf(fields, STATUSES, (value) => /^[1-5]\d\d$/.exec(asText(value))?.[0]);
  return status === undefined ? undefined : levelOfStatus(status);
}

const MESSAGE_FIELDS = [...MESSAGE_NAMES, "jsonPayload.message", "record.message"];
/** PostgreSQL's, MongoDB's. */
const MORE_LEVELS = ["error_severity", "s", "messageType", "fields.level", "properties.level"];
const LEVEL_FIELDS = [...LEVEL_NAMES, ...MORE_LEVELS];

function firstOf<T>(
  fields: Json,
  names: readonly string[],
  read: (value: unknown) => T | undefined,
): T | undefined {
  for (const path of names) {
    const value = read(readPath(fields, path));
    if (value !== undefined) return value;
  }
  return undefined;
}

/** A known level in any of the fields; else what the first of them says. */
function levelIn(fields: Json): string | undefined {
  for (const field of LEVEL_FIELDS) {
    const value = readPath(fields, field);
    if (readLevel(value, field) !== undefined) return writtenLevel(value, field);
  }
  // Datadog's word; a number there is an answer's.
  const status = name(fields["status"]);
  if (status !== undefined && /^[a-z]+$/i.test(status) && readLevel(status, "level")) {
    return writtenLevel(status, "level");
  }
  // Serilog leaves out what is informational.
  if ("@t" in fields) return "Information";
  return firstOf(fields, ["level", "log.level", "severity", "error_severity"], name);
}

/** Serilog's template with its holes filled. */
function rendered(fields: Json): string | undefined {
  const template = fields["@mt"] ?? fields["MessageTemplate"];
  if (typeof template !== "string") return undefined;
  const ready = fields["@m"] ?? fields["RenderedMessage"];
  if (typeof ready === "string") return ready;
  const properties = isObject(fields["Properties"]) ? fields["Properties"] : fields;
  return template.replaceAll(/\{[@$]?(\w+)(?:[,:][^{}]*)?\}/g, (hole, property: string) =>
    Object.hasOwn(properties, property) ? asText(properties[property]) : hole,
  );
}

/** A text, the journal's bytes, or what an object says of an error. */
function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.length > 0 && value.every((byte) => Number.isInteger(byte))) {
    return Buffer.from(value.map(Number)).toString("utf8");
  }
  if (!isObject(value)) return undefined;
  const { errorMessage, message, errorType } = value;
  const said = errorMessage ?? message;
  if (typeof said !== "string") return undefined;
  return typeof errorType === "string" ? `${errorType}: ${said}` : said;
}

function name(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
