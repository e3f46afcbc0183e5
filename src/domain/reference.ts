import { z } from "zod";
import { recordName, type LogRecord } from "./log-record.ts";

/** Names a pending record on the work topic; a worker reads its text from the store. */
const referenceShape = z.object({
  index: z.string().min(1),
  id: z.string().min(1),
  routing: z.string().optional(),
});
export type Reference = z.infer<typeof referenceShape>;

export function encodeReference(record: LogRecord): { key: Buffer; value: Buffer } {
  const { index, id, routing } = record;
  const reference: Reference = {
    index,
    id,
    ...(routing === undefined ? {} : { routing }),
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
