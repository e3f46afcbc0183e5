import { z } from "zod";
import { recordName, type Place } from "./log-record.ts";

/** A place in JSON that this program keeps or sends. Earlier versions wrote `routing` for `shard_key`. */
export const placeFields = {
  index: z.string().min(1),
  id: z.string().min(1),
  shard_key: z.string().optional(),
  routing: z.string().optional(),
};
const placeShape = z.object(placeFields);
export type PlaceJson = z.infer<typeof placeShape>;

export function placeJson({ index, id, shardKey }: Place): PlaceJson {
  return { index, id, ...(shardKey === undefined ? {} : { shard_key: shardKey }) };
}

export function placeIn({ index, id, shard_key, routing }: PlaceJson): Place {
  const shardKey = shard_key ?? routing;
  return { index, id, ...(shardKey === undefined ? {} : { shardKey }) };
}

/** Names a pending record on the work topic; a worker reads its text from the store. */
export function encodeReference(record: Place): { key: Buffer; value: Buffer } {
  return {
    key: Buffer.from(recordName(record)),
    value: Buffer.from(JSON.stringify(placeJson(record))),
  };
}

export function decodeReference(value: Buffer): Place | { problem: string } {
  try {
    const read = placeShape.safeParse(JSON.parse(value.toString("utf8")));
    if (read.success) return placeIn(read.data);
    const [issue] = read.error.issues;
    return { problem: `${issue?.path.join(".") ?? ""}: ${issue?.message ?? "malformed"}` };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}
