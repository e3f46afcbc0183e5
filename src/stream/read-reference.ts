import { decodeReference } from "../domain/reference.ts";
import { problem, type ReadMessage } from "./reading.ts";

/** Reads a reference that the scheduler published. */
export const readReference: ReadMessage = (value) => {
  if (value === null) return problem("null_value", "the message has no value");
  const reference = decodeReference(value);
  if ("problem" in reference) return problem("not_a_reference", reference.problem);
  return { passedOver: 0, targets: [reference], problems: [] };
};
