import { Fault } from "../../../domain/faults.ts";
import { func, i16x8, i32x4, instantiate, moduleOf, v128, type Code } from "./assembler.ts";

type V128 = Code<"v128">;

/** The pairs' sums of x86's older instruction end here; 127 * 255 * 4 or -508 come of those that sum four at once. */
const SATURATED = 2 * 32_767;
/** Addresses of a probe: int8 weights, factors of 0 to 127, what comes out. */
const [WEIGHTS, FACTORS, OUT] = [0, 16, 32];

const probe = (value: (at: Code<"i32">) => V128) =>
  moduleOf([func("probe", ["i32"], ([at]) => [v128.store(at.get, value(at.get), OUT)])]);

/** Of values that no step has, so that it shows which instruction computes it. */
const outOfRange = () => i32x4.relaxedDot(i32x4.splat(0x7f7f7f7f), i32x4.splat(-1), i32x4.splat(0));

/** Throws a `configuration` Fault where this machine cannot compute a model. */
export function requireRelaxedSimd(): void {
  if (WebAssembly.validate(probe(outOfRange))) return;
  throw new Fault("configuration", "local: this machine cannot compute the embedding model", {
    hint: "It lacks WebAssembly's relaxed SIMD. Set EMBEDDING_MODEL=hashing, or use another embedder.",
  });
}

/** The most rows of a block of an int8 product. */
export const MAX_INT8_ROWS = 6;

type Int8 = {
  /** sum + weights (int8) times factors (0 to 127): the same integers on every processor. */
  step: (weight: V128, factor: V128, sum: V128) => V128;
  /** Rows of a block: as many as leave registers for what a step needs. */
  blockRows: number;
};

/**
 * How int8 products are computed on this processor. One instruction takes five cycles, and two can begin in each: twelve sums
 * keep it busy. Where it is not there, two others make the same sums 1.7 times as fast as what V8 puts in its place.
 */
export function int8Products(): Int8 {
  const memory = new WebAssembly.Memory({ initial: 1, maximum: 1, shared: true });
  const result = (module: Uint8Array<ArrayBuffer>) => {
    instantiate<"probe">(module, memory).probe(0);
    return new Int32Array(memory.buffer, OUT)[0];
  };
  if (result(probe(outOfRange)) !== SATURATED) {
    return { step: i32x4.relaxedDot, blockRows: MAX_INT8_ROWS };
  }
  new Int8Array(memory.buffer, WEIGHTS, 16).fill(-3);
  new Int8Array(memory.buffer, FACTORS, 16).fill(5);
  const loaded = (at: Code<"i32">) =>
    byPairs(v128.load(at, WEIGHTS), v128.load(at, FACTORS), i32x4.splat(0));
  // V8's first compiler overwrites an operand of theirs where the processor has no AVX (seen in Node 24.21).
  const isRight = result(probe(loaded)) === 4 * -3 * 5;
  return { step: isRight ? byPairs : i32x4.relaxedDot, blockRows: 4 };
}

function byPairs(weight: V128, factor: V128, sum: V128): V128 {
  return i32x4.add(sum, i32x4.dotI16(i16x8.relaxedDot(weight, factor), i32x4.splat(0x00010001)));
}
