import { isObject } from "../../../domain/document.ts";
import { groupShape, type Group } from "../../../domain/memory/group.ts";
import type { GroupChange, GroupVector } from "../../../ports/error-memory.ts";
import { asFloats, asText, sketchOf } from "./group-vector.ts";
import type { OwnDocument, OwnIndex } from "./own-index.ts";
import { ownFault } from "./own-index-faults.ts";

export const BY_LAST_SEEN = { time: "last_seen", id: "group" };
/** Documents with their vectors of one request: vectors of 1536 dimensions are 8 KB each. */
export const VECTORS_AT_ONCE = 200;

/** Throws a MemoryFault where it is of another form. */
export function groupIn(index: OwnIndex, { id, source }: OwnDocument): Group {
  const { data, error } = groupShape.safeParse(source);
  if (data) return data;
  const where = error.issues[0]?.path.join(".") ?? "";
  throw ownFault("mapping", index.name, `document ${id} is not of the expected form at ${where}`);
}

/** Undefined where it has none. */
export function vectorIn(source: Record<string, unknown>): GroupVector | undefined {
  const about = groupShape.shape.vector_of.safeParse(source["vector_of"]).data;
  const text = source["vector"];
  if (!isObject(about) || typeof text !== "string") return undefined;
  const values = asFloats(text);
  if (values.length !== about.dimensions) return undefined;
  return { values, model: about.model, texts: about.texts };
}

/** Without a new vector the one that is kept stays, because an update leaves out fields as they are. */
export function writtenAs({ group, vector }: GroupChange) {
  if (!vector) return { group, source: { ...group } };
  const { values, model, texts } = vector;
  const described = { ...group, vector_of: { model, dimensions: values.length, texts } };
  const kept = { vector: asText(values), vector_sketch: sketchOf(values) };
  return { group: described, source: { ...described, ...kept } };
}
