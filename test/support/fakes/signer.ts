import { createSigner } from "../../../src/pipeline/signer.ts";
import type { Stamp } from "../../../src/domain/stamp.ts";

/** What every command under test is given as STAMP_KEY. */
export const STAMP_KEY = "a key that stands in the tests alone";

/** Signs as a command under test does. */
export const signer = createSigner({ secret: STAMP_KEY, textVersion: "test" });

export const { textHash } = signer;

/** The stamp of a vector that was written by a command under test. */
export function signed(stamp: Stamp, vector: ArrayLike<number>): Stamp {
  return signer.sign(stamp, Float32Array.from(vector));
}
