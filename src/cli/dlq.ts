import { z } from "zod";
import { numeric } from "../domain/count.ts";
import { failures, OUTCOMES, outcomesShape } from "../domain/outcome.ts";
import type { StopSignals } from "../ports/stop-signals.ts";
import { count } from "../telemetry/phrases.ts";
import {
  readDeadLetters,
  type StoredDeadLetter,
  type DeadLetterFilter,
} from "../stream/read-dead-letters.ts";
import { DEAD_LETTER_CODES } from "../stream/reading.ts";
import { replayDeadLetters, type Replay } from "../stream/replay.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, type ExitCode } from "./exit-code.ts";
import { openProgressBar, printEnding, printJson, printLine, type Writable } from "./print.ts";
import { runToEnd } from "./run-to-end.ts";
import { printTable } from "./table.ts";

export type DlqOptions = DeadLetterFilter & { json?: boolean };

/** Prints the newest dead letters and counts them by reason. */
export async function dlqList(
  options: DlqOptions & { limit: number },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: false,
    needsKafka: true,
    answerOnStdout: true,
  });
  const deadLetters = await openDeadLetters(command);
  const topic = deadLetters.name;
  const newest: StoredDeadLetter[] = [];
  const letters = readDeadLetters(deadLetters, options, new AbortController().signal);
  let next = await letters.next();
  for (; !next.done; next = await letters.next()) {
    newest.push(next.value);
    if (newest.length > options.limit) newest.shift();
  }
  const { byCode, foreign } = next.value;
  const list: DeadLetterList = {
    topic,
    total: [...byCode.values()].reduce((sum, number) => sum + number, 0),
    by_code: Object.fromEntries(byCode),
    foreign,
    dead_letters: newest.map(asListed),
  };
  const { stdout } = context.process;
  if (options.json) printJson(stdout, list);
  else printList(stdout, list);
  return EXIT.ok;
}

/** Kafka names partitions and offsets by numbers; other streams by texts. */
const laneShape = z.union([z.int(), z.string()]);

/** What `dlq list --json` prints. */
export const deadLetterListShape = z.object({
  topic: z.string(),
  total: z.int().nonnegative(),
  by_code: z.record(z.string(), z.int().nonnegative()),
  foreign: z.int().nonnegative().describe("Messages that are no dead letters of this program."),
  dead_letters: z
    .array(
      z.object({
        code: z.enum(DEAD_LETTER_CODES),
        reason: z.string(),
        topic: z.string().describe("Of the message, as are partition and offset."),
        partition: laneShape,
        offset: laneShape,
        last_offset: laneShape
          .exactOptional()
          .describe("Of an unread batch that starts at `offset`."),
        time: z.string().describe("When it became a dead letter; ISO 8601, UTC."),
        attempts: z.int().describe("How often the message became a dead letter."),
        bytes: z.int().nullable().describe("Of its value; null where it has none."),
        dlq_offset: laneShape.describe("Its offset in the dead letter topic."),
      }),
    )
    .describe("The newest, oldest first."),
});
type DeadLetterList = z.infer<typeof deadLetterListShape>;

export function printList(stream: Writable, list: DeadLetterList): void {
  const { topic, total, by_code: byCode, foreign, dead_letters: shown } = list;
  printLetters(stream, shown);
  const kinds = Object.entries(byCode).map(([code, number]) => `${number} ${code}`);
  const by = kinds.length > 0 ? `: ${kinds.join(", ")}` : "";
  printLine(stream, `${count(total, "dead letter")} in ${topic}${by}.`);
  if (total > shown.length) printLine(stream, `The newest ${shown.length} are shown (--limit).`);
  if (foreign === 0) return;
  const were = foreign === 1 ? "was" : "were";
  printLine(stream, `${count(foreign, "message")} there ${were} not written by log-vectorizer.`);
}

type Command = Awaited<ReturnType<typeof openCommand>>;

async function openDeadLetters({ service }: Command) {
  const streams = await service.streams();
  if (!streams) throw new Error("A command without a stream asked for its dead letters");
  return streams.deadLetters;
}

function asListed({
  message,
  from,
  lastPosition,
  ...letter
}: StoredDeadLetter): DeadLetterList["dead_letters"][number] {
  return {
    ...letter,
    topic: from.stream,
    partition: numeric(from.lane),
    offset: numeric(from.position),
    ...(lastPosition !== undefined && { last_offset: numeric(lastPosition) }),
    bytes: message.value?.length ?? null,
    dlq_offset: numeric(message.source.position),
  };
}

function printLetters(stream: Writable, letters: DeadLetterList["dead_letters"]): void {
  if (letters.length === 0) return;
  const columns = [
    { head: "time" },
    { head: "code" },
    { head: "from" },
    { head: "offset", align: "right" as const },
    { head: "tries", align: "right" as const },
    { head: "reason" },
  ];
  const rows = letters.map(
    ({ time, code, topic, partition, offset, last_offset: lastOffset, attempts, reason }) => [
      time,
      code,
      `${topic}/${partition}`,
      lastOffset === undefined ? String(offset) : `${offset}–${lastOffset}`,
      String(attempts),
      reason.length > 100 ? `${reason.slice(0, 99)}…` : reason,
    ],
  );
  printTable(stream, columns, rows);
  printLine(stream, "");
}

type ReplayOptions = DlqOptions & { dryRun?: boolean };

/** Retries the records of dead letters; with `--dry-run` it only counts them. */
export async function dlqReplay(options: ReplayOptions, context: Context): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: options.dryRun !== true,
    needsKafka: true,
    answerOnStdout: true,
  });
  return await runToEnd(context, command.service.events, (stop) =>
    replayNow(options, context, command, stop),
  );
}

async function replayNow(
  options: ReplayOptions,
  { process: { stdout, stderr } }: Context,
  command: Command,
  stop: StopSignals,
): Promise<ExitCode> {
  const { service, config } = command;
  const deadLetters = await openDeadLetters(command);
  const topic = deadLetters.name;
  const total = await countLetters(deadLetters, options, stop.requested);
  if (options.dryRun) {
    const plan: z.infer<typeof replayPlanShape> = { topic, dead_letters: total, dry_run: true };
    if (options.json) printJson(stdout, plan);
    else printLine(stdout, `${count(total, "dead letter")} of ${topic} would be tried again.`);
    return EXIT.ok;
  }
  using bar = await openProgressBar(stderr);
  const startedAt = service.clock.now();
  const deps = {
    source: deadLetters,
    read: await service.reader(),
    attempt: await service.attempt(),
    batchSize: config.tail.batchSize,
    progress(done: number) {
      const seconds = (service.clock.now() - startedAt) / 1000;
      const rate = seconds > 0 ? done / seconds : 0;
      const secondsLeft = rate > 0 ? (total - done) / rate : null;
      bar?.update({ done, total, recordsPerSecond: rate, secondsLeft, costUsd: null });
    },
  };
  const replay = await replayDeadLetters(deps, options, stop);
  bar?.[Symbol.dispose]();
  const nothingDone = replay.fault && replay.outcomes.updated + replay.outcomes.reused === 0;
  if (options.json) {
    printJson(stdout, nothingDone && replay.fault ? errorJson(replay.fault) : replayJson(replay));
  } else printReplay(stdout, replay);
  if (nothingDone) return EXIT.unavailable;
  const { missing, conflicted } = replay.outcomes;
  return failures(replay.outcomes) + missing + conflicted > 0 ? EXIT.incomplete : EXIT.ok;
}

async function countLetters(
  source: Parameters<typeof readDeadLetters>[0],
  filter: DeadLetterFilter,
  signal: AbortSignal,
): Promise<number> {
  let letters = 0;
  for await (const _ of readDeadLetters(source, filter, signal)) letters++;
  return letters;
}

/** What `dlq replay --dry-run --json` prints. */
export const replayPlanShape = z.object({
  topic: z.string(),
  dead_letters: z.int().nonnegative().describe("That would be tried again."),
  dry_run: z.literal(true),
});

/** What `dlq replay --json` prints. */
export const replayAnswerShape = z.object({
  dead_letters: z.int().nonnegative().describe("Tried again."),
  outcomes: outcomesShape.describe("Of their records."),
  stopped_by: z.string().exactOptional().describe("What ended it early."),
});

function replayJson({ deadLetters, outcomes, fault }: Replay): z.infer<typeof replayAnswerShape> {
  return { dead_letters: deadLetters, outcomes, ...(fault && { stopped_by: fault.message }) };
}

export function printReplay(stream: Writable, { deadLetters, outcomes, fault }: Replay): void {
  const ended = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
    (outcome) => `${outcome.replaceAll("_", " ")} ${outcomes[outcome]}`,
  );
  printLine(
    stream,
    `${count(deadLetters, "dead letter")} tried again: ${ended.join(", ") || "no records"}.`,
  );
  printEnding(stream, fault);
}
