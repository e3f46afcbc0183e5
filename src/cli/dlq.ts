import { watchSignals } from "../app/shutdown.ts";
import { failures, OUTCOMES } from "../domain/outcome.ts";
import { numeric } from "../domain/count.ts";
import { count } from "../telemetry/phrases.ts";
import {
  readDeadLetters,
  type StoredDeadLetter,
  type DeadLetterFilter,
} from "../stream/read-dead-letters.ts";
import { replayDeadLetters, type Replay } from "../stream/replay.ts";
import { openCommand, type Context } from "./context.ts";
import { errorJson, EXIT, type ExitCode } from "./exit-code.ts";
import { printJson, printLine } from "./print.ts";
import { printTable } from "./table.ts";
import { createProgressBar } from "./progress-bar.ts";

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
  const { stdout } = context.process;
  const total = [...byCode.values()].reduce((sum, number) => sum + number, 0);
  if (options.json) {
    const counts = Object.fromEntries(byCode);
    printJson(stdout, { topic, total, by_code: counts, foreign, dead_letters: newest.map(shown) });
    return EXIT.ok;
  }
  printLetters(stdout, newest);
  const kinds = [...byCode].map(([code, number]) => `${number} ${code}`).join(", ");
  printLine(stdout, `${count(total, "dead letter")} in ${topic}${kinds ? `: ${kinds}` : ""}.`);
  if (total > newest.length) printLine(stdout, `The newest ${newest.length} are shown (--limit).`);
  if (foreign > 0)
    printLine(stdout, `${count(foreign, "message")} there not written by log-vectorizer.`);
  return EXIT.ok;
}

async function openDeadLetters({ service }: Awaited<ReturnType<typeof openCommand>>) {
  const streams = await service.streams();
  if (!streams) throw new Error("A command without a stream asked for its dead letters");
  return streams.deadLetters;
}

function shown({ message, from, lastPosition, ...letter }: StoredDeadLetter) {
  return {
    ...letter,
    topic: from.stream,
    partition: numeric(from.lane),
    offset: numeric(from.position),
    ...(lastPosition !== undefined && { lastOffset: numeric(lastPosition) }),
    bytes: message.value?.length ?? null,
    dlq_offset: numeric(message.source.position),
  };
}

function printLetters(stream: NodeJS.WritableStream, letters: readonly StoredDeadLetter[]): void {
  if (letters.length === 0) return;
  const columns = [
    { head: "time" },
    { head: "code" },
    { head: "from" },
    { head: "offset", align: "right" as const },
    { head: "tries", align: "right" as const },
    { head: "reason" },
  ];
  const rows = letters.map(({ time, code, from, lastPosition, attempts, reason }) => [
    time,
    code,
    `${from.stream}/${from.lane}`,
    lastPosition === undefined ? from.position : `${from.position}–${lastPosition}`,
    String(attempts),
    reason.length > 100 ? `${reason.slice(0, 99)}…` : reason,
  ]);
  printTable(stream, columns, rows);
  printLine(stream, "");
}

/** Retries the records of dead letters; with `--dry-run` it only counts them. */
export async function dlqReplay(
  options: DlqOptions & { dryRun?: boolean },
  context: Context,
): Promise<ExitCode> {
  await using command = await openCommand(context, {
    needsEmbedder: options.dryRun !== true,
    needsKafka: true,
    answerOnStdout: true,
  });
  const { service, config } = command;
  const deadLetters = await openDeadLetters(command);
  const topic = deadLetters.name;
  using stop = watchSignals(context.process, (signal) => service.events.stopping({ signal }));
  const { stdout, stderr } = context.process;
  const total = await countLetters(deadLetters, options, stop.requested);
  if (options.dryRun) {
    if (options.json) printJson(stdout, { topic, dead_letters: total, dry_run: true });
    else printLine(stdout, `${count(total, "dead letter")} of ${topic} would be tried again.`);
    return EXIT.ok;
  }
  using bar = stderr.isTTY ? createProgressBar(stderr) : undefined;
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

function replayJson({ deadLetters, outcomes, fault }: Replay) {
  return { dead_letters: deadLetters, outcomes, ...(fault ? { stopped_by: fault.message } : {}) };
}

function printReplay(
  stream: NodeJS.WritableStream,
  { deadLetters, outcomes, fault }: Replay,
): void {
  const ended = OUTCOMES.filter((outcome) => outcomes[outcome] > 0).map(
    (outcome) => `${outcome.replaceAll("_", " ")} ${outcomes[outcome]}`,
  );
  printLine(
    stream,
    `${count(deadLetters, "dead letter")} tried again: ${ended.join(", ") || "no records"}.`,
  );
  if (fault)
    printLine(stream, `It ended early: ${fault.message}${fault.hint ? `. ${fault.hint}` : ""}`);
}
