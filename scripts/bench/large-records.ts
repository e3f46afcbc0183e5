import type { BenchIndex } from "./index.ts";

/** OpenSearch takes no request of more than 100 MB. */
const MAX_BULK_BYTES = 20_000_000;

/** ERROR documents whose messages have so many bytes each and are all different, as stack traces of generated code are. */
export async function indexLargeRecords(
  index: BenchIndex,
  { from = 0, count, bytes }: { from?: number; count: number; bytes: number },
): Promise<void> {
  let lines = "";
  for (let number = from; number < from + count; number++) {
    const log = {
      "@timestamp": new Date().toISOString(),
      level: "ERROR",
      message: messageOf(number, bytes),
    };
    lines += `${JSON.stringify({ index: { _index: index.name, _id: `large-${number}` } })}\n${JSON.stringify(log)}\n`;
    if (lines.length < MAX_BULK_BYTES) continue;
    await index.bulk(lines);
    lines = "";
  }
  if (lines !== "") await index.bulk(lines);
  await index.refresh();
}

function messageOf(number: number, bytes: number): string {
  const line = `at handler ${number} (/srv/app/worker.js:${number}:7) of request failed\n`;
  return line.repeat(Math.ceil(bytes / line.length)).slice(0, bytes);
}
