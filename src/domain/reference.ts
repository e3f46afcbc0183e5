import { z } from "zod";
import { recordName, type LogRecord } from "./log-record.ts";

/** Names a pending record on the work topic, as of its publication; the text stays in the store. */
const referenceShape = z.object({
  index: z.string().min(1),
  id: z.string().min(1),
  routing: z.string().optional(),
  seq_no: z.number().int(),
  /** HMAC of the text to embed, hex, as in a stamp. */
  text_hash: z.string(),
});
export type Reference = z.infer<typeof referenceShape>;

export function encodeReference(
  record: LogRecord,
  textHash: string,
): { key: Buffer; value: Buffer } {
  const { index, id, routing, seqNo } = record;
  const reference: Reference = {
    index,
    id,
    ...(routing === undefined ? {} : { routing }),
    seq_no: seqNo,
    text_hash: textHash,
  };
  return { key: Buffer.from(recordName(record)), value: Buffer.from(JSON.stringify(reference)) };
}

export function decodeReference(value: Buffer): Reference | { problem: string } {
  try {
    const read = referenceShape.safeParse(JSON.parse(value.toString("utf8")));
    if (read.success) return read.data;
    const [issue] = read.error.issues;
    return { problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
