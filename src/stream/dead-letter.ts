import { isUtf8 } from "node:buffer";
import type { MessageSource, StoredMessage, StreamMessage } from "../ports/message-stream.ts";
import type { OutgoingMessage } from "../ports/dead-letters.ts";
import { DEAD_LETTER_CODES, type DeadLetterCode, type Problem } from "./reading.ts";

/** Headers of a dead letter; those of the source message are kept beside them. */
const HEADER = {
  code: "dlq.error.code",
  reason: "dlq.error.reason",
  stream: "dlq.topic",
  lane: "dlq.partition",
  position: "dlq.offset",
  lastPosition: "dlq.offset.last",
  time: "dlq.time",
  attempts: "dlq.attempts",
  value: "dlq.value",
} as const;

const OURS: ReadonlySet<string> = new Set(Object.values(HEADER));
const MAX_REASON = 1000;

export type DeadLetter = {
  code: DeadLetterCode;
  reason: string;
  from: MessageSource;
  /** Of an unread batch that starts at `from`. */
  lastPosition?: string;
  /** When it was sent, ISO 8601, UTC. */
  time: string;
  /** How often the message became a dead letter. */
  attempts: number;
};

/** A message as a dead letter: original key, value and headers, with secrets masked in the headers. */
export function toDeadLetter(
  message: Pick<StreamMessage, "source" | "key" | "value" | "headers" | "unread">,
  { code, reason }: Problem,
  { now, mask }: { now: number; mask: (text: string) => string },
): OutgoingMessage {
  const attempts = (readDeadLetter(message)?.attempts ?? 0) + 1;
  const { source, unread } = message;
  const own: (readonly [string, string])[] = [
    [HEADER.code, code],
    [HEADER.reason, mask(reason).slice(0, MAX_REASON)],
    [HEADER.stream, source.stream],
    [HEADER.lane, source.lane],
    [HEADER.position, unread?.firstPosition ?? source.position],
    ...(unread ? [[HEADER.lastPosition, source.position] as const] : []),
    [HEADER.time, new Date(now).toISOString()],
    [HEADER.attempts, String(attempts)],
  ];
  const kept = message.headers.filter(([name]) => !OURS.has(name));
  return {
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
export function readDeadLetter({
  headers,
}: Pick<StoredMessage, "headers">): DeadLetter | undefined {
  const texts = new Map(headers.map(([name, value]) => [name, value?.toString("utf8") ?? ""]));
  const read = (name: string) => texts.get(name) ?? "";
  const code = DEAD_LETTER_CODES.find((known) => known === read(HEADER.code));
  const from = {
    stream: read(HEADER.stream),
    lane: read(HEADER.lane),
    position: read(HEADER.position),
  };
  if (!code || from.lane === "" || from.position === "") return undefined;
  return {
    code,
    reason: read(HEADER.reason),
    from,
    ...(texts.has(HEADER.lastPosition) && { lastPosition: read(HEADER.lastPosition) }),
    time: read(HEADER.time),
    attempts: Number(read(HEADER.attempts)) || 1,
  };
}
