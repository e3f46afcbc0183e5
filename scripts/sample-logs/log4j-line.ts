import { writtenLevel } from "../../src/domain/log-format/level.ts";
import { isoTime } from "../../src/domain/log-format/time.ts";
import { isTraceHead, isTracePiece } from "./continuation.ts";
import { LEVEL_WORD, logEntry } from "./log-entry.ts";
import type { LogEntry } from "./log-entry.ts";

/** At most one word before the time; brackets, a process id or Python's `logger -` between it and the level. */
const LINE = new RegExp(
  [
    String.raw`^(?:\S+\s)?`,
    String.raw`\[?(\d{2,4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:\s?(?:Z|[+-]\d\d:?\d\d))?)\]?`,
    String.raw`\s+(?:[-|]\s+)?`,
    String.raw`((?:(?:\[.*?\]|\d+|[\w.:$/#-]+\s+[-|])\s+){0,2}?)`,
    String.raw`(?:\[((?i:${LEVEL_WORD}))\]|(${LEVEL_WORD})):?\s*(.*)$`,
  ].join(""),
);
/** A dotted name or one in camel case, but no exception: that is part of the message. */
const LOGGER = String.raw`(?![\w.$]*(?:Exception|Error):)([\w$]+(?:\.[\w$/]+)+|[A-Z]\w*[a-z]\w*[A-Z][\w$]*)`;
/** What log4j, logback and Spring put before the message: process id, threads in brackets, logger. */
const ORIGIN = new RegExp(
  String.raw`^(?:\d+\s+)?(?:---\s+)?(?:\[.*?\]\s+)*${LOGGER}(?:\s+\[[^\]]*\])?\s*(?::|\s--?)\s+(.*)$`,
);
/** ZooKeeper's one bracket, which may hold others and ends in class and line. */
const BRACKET = /^\[(.*)\]\s+-\s+(.*)$/;
/** Loguru's `| shop.main:run:12 - message`, NLog's `Shop.Orders|message`, Rust's `shop::pay] message`, zap's caller. */
const NAMED = /^(?:\|\s+)?((?=[A-Za-z])[\w.:/<>-]+)(\s-\s|\||\]\s+|(?<=\.go:\d+)\t)\s*(.*)$/;
/** OpenSearch's `[o.o.n.Node    ] [node-1] message`, WildFly's `[org.jboss.as] (main) message`. */
const LOGGER_BRACKET = /^\[([a-z]\w*(?:\.[\w$-]+)+)\s*\]\s*(?:\[[^\]]*\]\s*|\([^)]*\)\s+)?(.*)$/;
/** Spring's logger of any form, cut to forty characters. */
const SPRING = /^\d+ --- (?:\[[^\]]*\] )+\s*(\S+)\s+: (.*)$/;
const OPENSTACK = /^([\w.]+)\s+\[(?:req-|-).*?\]\s+(.*)$/;

/** Each trace's line has OpenStack's head. */
const OPENSTACK_TRACE = /^([a-z]\w*(?:\.\w+)+) (.*)$/;
/** ActiveMQ's `| message | logger | thread`. */
const PIPES = /^\| (.*?) \| ([\w.$]+) \| .*$/;
/** pino-pretty's `(shop/1): message`. */
const PINO = /^\((?:([\w.@/-]+?)\/)?\d+\): (.*)$/;
/** MongoDB's `STORAGE  [conn12] message`. */
const MONGODB = /^([A-Z]{3,10}|-) +\[([\w.-]+)\] (.*)$/;
/** GlassFish's columns, the third of them the logger; the message stands below. */
const GLASSFISH = /^\[[^\]]*\] \[([\w.$-]*)\] (?:\[[^\]]*\] )*\[\[$/;
/** .NET's category and the number of the event. */
const DOT_NET = /^((?:\w+\.)+[\w`]+)\[\d+\] (.*)$/;
/** WebLogic's columns, of which the last is the message and may go on below. */
const WEBLOGIC = /^<([\w ]+)> .*?<(BEA-\d+)> <(.*?)>? *$/;

/** A line of log4j, logback, Spring Boot, Python's logging or OpenStack's: all have a time and then a level. */
export function parseLog4jLine(line: string): LogEntry | undefined {
  const parts = LINE.exec(line);
  if (!parts) return undefined;
  const [, time = "", before = "", bracketed, bare, rest = ""] = parts;
  const { service, message } = splitOrigin(rest);
  return logEntry({
    timestamp: isoTime(time),
    level: writtenLevel(bracketed ?? bare, "level"),
    message,
    service: service ?? loggerIn(before),
  });
}

/** What stands between the level and the message. */
export function splitOrigin(rest: string): { service: string | undefined; message: string } {
  const [, bracket, afterBracket] = BRACKET.exec(rest) ?? [];
  if (bracket !== undefined) {
    return { service: /([\w$]+)@\d+$/.exec(bracket)?.[1], message: afterBracket ?? "" };
  }
  const [, spring, afterSpring] = SPRING.exec(rest) ?? [];
  if (spring !== undefined) {
    const service = spring.split(/[.[\]]+/).findLast((part) => part !== "");
    return { service, message: afterSpring ?? "" };
  }
  const [, logger, afterLogger] = ORIGIN.exec(rest) ?? [];
  if (logger !== undefined) {
    return { service: logger.split(".").at(-1), message: afterLogger ?? "" };
  }
  const [, named, , afterNamed] = NAMED.exec(rest) ?? [];
  if (named !== undefined) return { service: named, message: afterNamed ?? "" };
  const [, dotted = "", afterDotted] = LOGGER_BRACKET.exec(rest) ?? [];
  if (dotted !== "") return { service: dotted.split(".").at(-1), message: afterDotted ?? "" };
  const [, module, afterContext] = OPENSTACK.exec(rest) ?? [];
  if (module !== undefined) {
    return { service: module.split(".").at(0), message: afterContext ?? "" };
  }
  const [, traced, piece = ""] = OPENSTACK_TRACE.exec(rest) ?? [];
  if (traced !== undefined && (isTraceHead(piece) || isTracePiece(piece))) {
    return { service: traced.split(".").at(0), message: piece };
  }
  return splitTool(rest) ?? { service: undefined, message: rest.replace(/^[|>-]+\s+/, "") };
}

function splitTool(rest: string): { service: string | undefined; message: string } | undefined {
  const [, piped, logger] = PIPES.exec(rest) ?? [];
  if (piped !== undefined) return { service: logger?.split(".").at(-1), message: piped };
  const [, name, afterName] = PINO.exec(rest) ?? [];
  if (afterName !== undefined) return { service: name, message: afterName };
  const [, component, context, afterContext] = MONGODB.exec(rest) ?? [];
  if (afterContext !== undefined) {
    return { service: component === "-" ? context : component, message: afterContext };
  }
  const [, glassfish] = GLASSFISH.exec(rest) ?? [];
  if (glassfish !== undefined) return { service: glassfish, message: "" };
  const [, category, afterCategory] = DOT_NET.exec(rest) ?? [];
  if (afterCategory !== undefined) return { service: category, message: afterCategory };
  const [, subsystem, code, said = ""] = WEBLOGIC.exec(rest) ?? [];
  return code === undefined ? undefined : { service: subsystem, message: `${code} ${said}` };
}

/** Python's logging names the logger before the level. */
function loggerIn(before: string): string | undefined {
  return /[A-Za-z][\w.]*/.exec(before.replaceAll(/\[.*?\]/g, ""))?.[0];
}
