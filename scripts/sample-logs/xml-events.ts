import { decodeText } from "../../src/domain/log-format/json.ts";
import { entryOf } from "./json-line.ts";
import type { LogEntry } from "./log-entry.ts";

/** Windows' and log4j 2's Event, java.util.logging's record, log4j 1's log4j:event; none of them holds another one. */
const EVENT = /<(Event|record|log4j:event)\b([^>]*)>([\s\S]*?)<\/\1>/g;
const START = /^\s*<(?:\?xml|Events?[\s>]|log>|record>|log4j:event)/;

/** Whether these are events in the XML of Windows, java.util.logging or log4j. */
export function areXmlEvents(lines: readonly string[]): boolean {
  const [first = ""] = lines;
  return START.test(first) && lines.some((line) => /<(?:Event|record|log4j:event)\b/.test(line));
}

/** The records of what these write; not a reader of any XML. */
export function xmlEvents(bytes: Buffer): LogEntry[] {
  return [...decodeText(bytes).matchAll(EVENT)].flatMap(([, , attributes = "", inside = ""]) => {
    const fields = inside.includes("<System>")
      ? ofWindows(inside)
      : ofJava(attributesIn(attributes), inside);
    return entryOf(fields) ?? [];
  });
}

const WINDOWS_LEVELS = ["Information", "Critical", "Error", "Warning", "Information", "Verbose"];

function ofWindows(inside: string): Record<string, unknown> {
  const [system = "", rendered = ""] = inside.split("<RenderingInfo");
  const data = [...system.matchAll(/<Data\b[^>]*>([\s\S]*?)<\/Data>/g)].map(([, one = ""]) => one);
  return {
    message: textOf(rendered, "Message") ?? data.map(decoded).join("\n"),
    time: /SystemTime=["']([^"']*)/.exec(system)?.[1],
    level: textOf(rendered, "Level") ?? WINDOWS_LEVELS[Number(textOf(system, "Level"))],
    service: /<Provider\b[^>]*?\bName=["']([^"']*)/.exec(system)?.[1],
  };
}

function ofJava(head: Record<string, string>, inside: string): Record<string, unknown> {
  const thrown = textOf(inside, "throwable") ?? attributeIn(inside, "extendedStackTrace");
  const message = textOf(inside, "message") ?? textOf(inside, "Message");
  const frames = [...inside.matchAll(/<frame>([\s\S]*?)<\/frame>/g)].map(
    ([, frame = ""]) =>
      `\tat ${textOf(frame, "class") ?? ""}.${textOf(frame, "method") ?? ""}(line ${textOf(frame, "line") ?? "?"})`,
  );
  const exception =
    frames.length > 0 ? textOf(inside.split("<exception>")[1] ?? "", "message") : "";
  const seconds = attributeIn(inside, "epochSecond");
  return {
    message: [message, thrown, exception, ...frames].filter(Boolean).join("\n"),
    time:
      seconds === undefined
        ? (textOf(inside, "millis") ??
          textOf(inside, "date") ??
          head["timestamp"] ??
          head["timeMillis"])
        : { seconds, nanos: attributeIn(inside, "nanoOfSecond") ?? "0" },
    level: textOf(inside, "level") ?? head["level"],
    service: textOf(inside, "logger") ?? head["logger"] ?? head["loggerName"],
  };
}

function textOf(xml: string, name: string): string | undefined {
  const inside = new RegExp(String.raw`<(?:\w+:)?${name}\b[^>]*>([\s\S]*?)</(?:\w+:)?${name}>`);
  const [, text] = inside.exec(xml) ?? [];
  return text === undefined ? undefined : decoded(text).trim();
}

function attributesIn(xml: string): Record<string, string> {
  const pairs = xml.matchAll(/([\w:]+)=(?:"([^"]*)"|'([^']*)')/g);
  return Object.fromEntries(
    pairs.map(([, name = "", double, single = ""]) => [name, decoded(double ?? single)]),
  );
}

function attributeIn(xml: string, name: string): string | undefined {
  const [, text] = new RegExp(String.raw`\b${name}="([^"]*)"`).exec(xml) ?? [];
  return text === undefined ? undefined : decoded(text);
}

const ENTITIES: Readonly<Record<string, string>> = {
  lt: "<",
  gt: ">",
  amp: "&",
  quot: '"',
  apos: "'",
};

/** Without the marks of CDATA, and with the signs that entities stand for. */
function decoded(text: string): string {
  if (text.includes("<![CDATA[")) return text.replaceAll(/<!\[CDATA\[|\]\]>/g, "");
  return text.replaceAll(/&(?:#(x?)([\da-fA-F]{1,6})|(\w+));/g, (entity, hex, code, name) => {
    if (typeof name === "string") return ENTITIES[name] ?? entity;
    const point = Number.parseInt(String(code), hex === "x" ? 16 : 10);
    return point <= 0x10_ff_ff ? String.fromCodePoint(point) : entity;
  });
}
