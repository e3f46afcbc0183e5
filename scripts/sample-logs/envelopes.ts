import { isTraceHead, isTracePiece } from "./continuation.ts";
import { isoTime, leadingTime } from "../../src/domain/log-format/time.ts";
import { jsonObject } from "./json-line.ts";

/** What a container runtime or a collector puts round the lines of an application. */
export type Envelope = {
  name: string;
  open(line: string): Opened | undefined;
  /** Whether what is inside shows that this was an envelope at all. */
  proves?(text: string): boolean;
};

type Opened = {
  text: string;
  timestamp: string | undefined;
  /** Streams whose lines may stand between each other's. */
  source: string;
  /** True where the line of the application goes on in the next one of its source. */
  partial: boolean;
};

const CRI = /^(\d{4}-\d\d-\d\dT\S+) (stdout|stderr) ([FP](?::\S+)?) (.*)$/;

const cri: Envelope = {
  name: "Kubernetes CRI",
  open(line) {
    const [, time, source, tag = "", text = ""] = CRI.exec(line) ?? [];
    if (source === undefined) return undefined;
    return { text, timestamp: isoTime(time), source, partial: tag.startsWith("P") };
  },
};

const docker: Envelope = {
  name: "Docker json-file",
  open(line) {
    const { log, stream, time, date, kubernetes, level, message } = jsonObject(line) ?? {};
    if (typeof log !== "string" || level !== undefined || message !== undefined) return undefined;
    if (typeof stream !== "string" && time === undefined && !kubernetes) return undefined;
    const source = typeof stream === "string" ? stream : "";
    const partial = !log.endsWith("\n") && log.length >= 16_000;
    return { text: log.replace(/\r?\n$/, ""), timestamp: isoTime(time ?? date), source, partial };
  },
};

const COMPOSE = /^([\w.-]+)\s+\| (.*)$/;

const compose: Envelope = {
  name: "Docker Compose",
  open(line) {
    const [, source, text = ""] = COMPOSE.exec(line) ?? [];
    if (source === undefined) return undefined;
    return { text, timestamp: undefined, source, partial: false };
  },
};

const POD = /^\[?(?:pod\/)?([a-z0-9][\w.]*-[\w.-]+[ /][a-z0-9][\w.-]*)\]? (.*)$/;

/** What `kubectl logs --prefix` and stern put before a line: pod and container. */
const pods: Envelope = {
  name: "Kubernetes pods",
  open(line) {
    const [, source, text = ""] = POD.exec(line) ?? [];
    if (source === undefined) return undefined;
    return { text, timestamp: undefined, source, partial: false };
  },
  proves: tellsItself,
};

/** The time at which CloudWatch, kubectl or docker took a line that has a time of its own. */
const timed: Envelope = {
  name: "time of arrival",
  open(line) {
    const outer = leadingTime(line);
    if (!outer || outer.ms === undefined || !/^\s/.test(line.slice(outer.length))) return undefined;
    const text = line.slice(outer.length + 1);
    return { text, timestamp: new Date(outer.ms).toISOString(), source: "", partial: false };
  },
  proves: tellsItself,
};

/** Whether a text begins a record of its own. */
function tellsItself(text: string): boolean {
  const inner = leadingTime(text.replace(/^\[(?:\w+\]\s+)?/, "")) ?? jsonObject(text);
  return inner !== undefined || /^[IWEF]\d{4} \d\d:|(?:^|\s)(?:level|lvl)=/.test(text);
}

/** The envelope that most of these lines have. */
export function findEnvelope(lines: readonly string[]): Envelope | undefined {
  return [cri, docker, compose, pods, timed].find(({ open, proves = () => true }) => {
    const opened = lines.flatMap((line) => open(line) ?? []);
    // A trace proves nothing, and may be most of a file.
    const traces = opened.filter(({ text }) => isTraceHead(text) || isTracePiece(text)).length;
    const proofs = opened.filter(({ text }) => proves(text)).length;
    return proofs > 0 && proofs > (lines.length - traces) / 2 && opened.length > lines.length / 2;
  });
}
