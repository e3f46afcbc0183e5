import { redact, type Redaction } from "../../src/domain/redact.ts";
import type { Bench, Measured } from "./bench.ts";
import { readSampleLogs } from "./sample-logs.ts";

const LEVELS: Redaction[] = ["secrets", "pii"];
const TRIES = 7;
/** A text that is all begun keys, quotes and separators. */
const HOSTILE = 'password="\\" token=a;b&c '.repeat(40_000);

/** Processor time of masking, of real logs line by line, and of a megabyte that is made to be slow. */
export async function benchMasks({ signal, say }: Bench): Promise<Measured> {
  const files = [];
  for (const { file, messages } of await readSampleLogs()) {
    signal.throwIfAborted();
    say(`Masking ${file}`);
    const kib = messages.reduce((sum, message) => sum + message.length, 0) / 1024;
    const [secrets, pii] = LEVELS.map((level) => round(microseconds(messages, level) / kib));
    files.push({ file, kib: round(kib), secrets_us_per_kib: secrets, pii_us_per_kib: pii });
  }
  const hostile = round(microseconds([HOSTILE], "pii") / (HOSTILE.length / 1024));
  const rows = files.map(({ file, secrets_us_per_kib, pii_us_per_kib }) => ({
    what: `masks, ${file}`,
    value: `${secrets_us_per_kib} µs per KiB`,
    reference: `${pii_us_per_kib} with pii`,
  }));
  return { figures: { files, hostile_us_per_kib: hostile }, rows };
}

/** The best of some tries: whatever else the machine does only makes them slower. */
function microseconds(texts: readonly string[], redaction: Redaction): number {
  const times = Array.from({ length: TRIES }, () => {
    const before = process.cpuUsage();
    for (const text of texts) redact(text, redaction);
    const { user, system } = process.cpuUsage(before);
    return user + system;
  });
  return Math.min(...times);
}

const round = (value: number) => Math.round(value * 10) / 10;
