import { isUtf8 } from "node:buffer";
import type { SourceMessage } from "../ports/log-source.ts";
import type { OutgoingMessage } from "../ports/publisher.ts";
import { DEAD_LETTER_CODES, type DeadLetterCode, type Problem } from "./reading.ts";

/** Headers of a dead letter; those of the source message are kept beside them. */
const HEADER = {
  code: "dlq.error.code",
  reason: "dlq.error.reason",
  topic: "dlq.topic",
  partition: "dlq.partition",
  offset: "dlq.offset",
  lastOffset: "dlq.offset.last",
  time: "dlq.time",
  attempts: "dlq.attempts",
  value: "dlq.value",
} as const;

const OURS: ReadonlySet<string> = new Set(Object.values(HEADER));
const MAX_REASON = 1000;

export type DeadLetter = {
  code: DeadLetterCode;
  reason: string;
  topic: string;
  partition: number;
  offset: number;
  /** Of an unread batch that starts at `offset`. */
  lastOffset?: number;
  /** When it was sent, ISO 8601, UTC. */
  time: string;
  /** How often the message became a dead letter. */
  attempts: number;
};

/** The message for the dead letter topic: original key, value and headers, with secrets masked in the headers. */
export function toDeadLetter(
  message: SourceMessage,
  { code, reason }: Problem,
  { topic, now, mask }: { topic: string; now: number; mask: (text: string) => string },
): OutgoingMessage {
  const attempts = (readDeadLetter(message)?.attempts ?? 0) + 1;
  const own: (readonly [string, string])[] = [
    [HEADER.code, code],
    [HEADER.reason, mask(reason).slice(0, MAX_REASON)],
    [HEADER.topic, message.topic],
    [HEADER.partition, String(message.partition)],
    [HEADER.offset, String(message.unread?.firstOffset ?? message.offset)],
    ...(message.unread ? [[HEADER.lastOffset, String(message.unread.lastOffset)] as const] : []),
    [HEADER.time, new Date(now).toISOString()],
    [HEADER.attempts, String(attempts)],
  ];
  const kept = message.headers.filter(([name]) => !OURS.has(name));
  return {
    topic,
    key: message.key,
    value: message.value,
    headers: [
      ...kept.map(([name, value]) => [name, masked(value ?? Buffer.alloc(0), mask)] as const),
      ...own.map(([name, value]) => [name, Buffer.from(value)] as const),
    ],
  };
}

/** For a topic that refuses the size: the value remains at the source, which the headers name. */
export function withoutValue(deadLetter: OutgoingMessage): OutgoingMessage {
  const note = Buffer.from("left out: too large for this topic");
  return { ...deadLetter, value: null, headers: [...deadLetter.headers, [HEADER.value, note]] };
}

/** For a topic that refuses even key and source headers. */
export function withoutSource(deadLetter: OutgoingMessage): OutgoingMessage {
  return {
    ...deadLetter,
    key: null,
    headers: deadLetter.headers.filter(([name]) => OURS.has(name)),
  };
}

/** A header may be binary: its bytes are kept where nothing is masked. */
function masked(value: Buffer, mask: (text: string) => string): Buffer {
  const encoding = isUtf8(value) ? "utf8" : "latin1";
  const text = value.toString(encoding);
  const changed = mask(text);
  return changed === text ? value : Buffer.from(changed, encoding);
}

/** Undefined where the message is no dead letter of this project. */
export function readDeadLetter({ headers }: SourceMessage): DeadLetter | undefined {
  const texts = new Map(headers.map(([name, value]) => [name, value?.toString("utf8") ?? ""]));
  const read = (name: string) => texts.get(name) ?? "";
  const code = DEAD_LETTER_CODES.find((known) => known === read(HEADER.code));
  const [partition, offset] = [Number(read(HEADER.partition)), Number(read(HEADER.offset))];
  if (!code || !Number.isInteger(partition) || !Number.isInteger(offset)) return undefined;
  return {
    code,
    reason: read(HEADER.reason),
    topic: read(HEADER.topic),
    partition,
    offset,
    ...(texts.has(HEADER.lastOffset) && { lastOffset: Number(read(HEADER.lastOffset)) }),
    time: read(HEADER.time),
    attempts: Number(read(HEADER.attempts)) || 1,
  };
}
