import { f32x4, i32x4, moduleOf, v128, type Code } from "../wasm/assembler.ts";
import { gelu, softmax } from "../wasm/activations.ts";
import { int8Products } from "../wasm/int8-step.ts";
import { matrixProduct, packPanels, PANEL, type Place } from "../wasm/matrix-product.ts";
import { layerNorm, quantizeRows } from "../wasm/row-kernels.ts";

/** Dimensions of a token's state and of the vector. */
export const WIDTH = 384;
export const LAYERS = 6;
export const HEADS = 12;
export const HEAD_WIDTH = WIDTH / HEADS;
export const INNER = 4 * WIDTH;
/** The model was trained on texts of up to so many. */
export const MAX_TOKENS = 256;
/** Rows of a block of attention: the most that leave registers for a product of two instructions. */
export const ATTENTION_ROWS = 4;
/** Of one turn of the loops of attention. */
export const STEPS = 4;
/** Between two rows of scores: with a power of two they would share few of the cache's sets. */
export const SCORE_WIDTH = MAX_TOKENS + PANEL;

const ATTENTION_BYTES = 3 * WIDTH * 4;
const EPSILON = 1e-12;

export type Kernel =
  | "addNorm"
  | "packKeys"
  | "roundInner"
  | "roundState"
  | "softmax"
  | "toAttention"
  | "toContext"
  | "toInner"
  | "toMixed"
  | "toOuter"
  | "toScores";

type V128 = Code<"v128">;

/**
 * What MiniLM is computed with. Integers, and float32 operations that are rounded alike on every processor: a text has
 * the same vector on each. `blockRows`: of the int8 products.
 */
export function miniLmKernels() {
  const { step, blockRows } = int8Products();
  const int8 = (name: Kernel, rows: number, outBytes: number) =>
    matrixProduct({
      name,
      blockRows,
      rowBytes: rows,
      outBytes,
      unroll: 4,
      step,
      besideBytes: 8,
      rowValues: 2,
      finish: dequantized,
    });
  const float32 = {
    blockRows: ATTENTION_ROWS,
    unroll: STEPS,
    step: multiplyAdd,
    finish: (sum: V128) => sum,
  };
  const bytes = moduleOf([
    int8("toAttention", WIDTH, ATTENTION_BYTES),
    int8("toMixed", WIDTH, WIDTH * 4),
    int8("toInner", WIDTH, INNER * 4),
    int8("toOuter", INNER, WIDTH * 4),
    matrixProduct({
      ...float32,
      name: "toScores",
      rowBytes: ATTENTION_BYTES,
      outBytes: SCORE_WIDTH * 4,
    }),
    matrixProduct({
      ...float32,
      name: "toContext",
      rowBytes: SCORE_WIDTH * 4,
      stepBytes: ATTENTION_BYTES,
      outBytes: WIDTH * 4,
    }),
    packPanels("packKeys", HEAD_WIDTH, ATTENTION_BYTES),
    layerNorm("addNorm", WIDTH, EPSILON, true),
    quantizeRows("roundState", WIDTH),
    quantizeRows("roundInner", INNER, gelu),
    softmax("softmax", SCORE_WIDTH * 4),
  ]);
  return { bytes, blockRows };
}

function multiplyAdd(weight: V128, factor: V128, sum: V128): V128 {
  return f32x4.add(sum, f32x4.mul(weight, factor));
}

/** (sum - zero of the row * sum of the column's weights) * both scales + bias. */
function dequantized(sum: V128, { columns, rowValues, vector }: Place): V128 {
  const column = (index: number) => v128.load(columns, (index * PANEL + vector * 4) * 4);
  const [scale, columnSum, bias] = [column(0), column(1), column(2)];
  const [rowScale = sum, zero = sum] = rowValues;
  const exact = f32x4.fromI32(i32x4.sub(sum, i32x4.mul(zero, columnSum)));
  return f32x4.add(f32x4.mul(exact, f32x4.mul(rowScale, scale)), bias);
}
