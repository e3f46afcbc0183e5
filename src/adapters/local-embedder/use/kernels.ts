import { f32x4, moduleOf, v128, type Code } from "../wasm/assembler.ts";
import { matrixProduct, type Place, type Product } from "../wasm/matrix-product.ts";
import { layerNorm } from "../wasm/row-kernels.ts";

/** Of a token's embedding, and of the vector. */
export const WIDTH = 512;
/** Of each of the three branches. */
export const BRANCH = 256;
/** Tokens that a branch looks at together, and how many of them stand before the one it is about. */
export const BRANCHES = [
  { span: 2, before: 0 },
  { span: 3, before: 1 },
  { span: 5, before: 2 },
] as const;
export const HIDDEN = BRANCHES.length * BRANCH;
/** Embedding and branches of a token, side by side. */
export const FEATURES = WIDTH + HIDDEN;
/** Of the inner layers of the head. */
export const NARROW = 320;
/** Where the parts of a text's row stand: mean, y0, y1, y2, output, sum; each layer reads two neighbours. */
export const HEAD = {
  mean: 0,
  y0: WIDTH,
  y1: WIDTH + NARROW,
  y2: WIDTH + 2 * NARROW,
  output: 2 * WIDTH + 2 * NARROW,
  sum: 3 * WIDTH + 2 * NARROW,
  width: 3 * WIDTH + 2 * NARROW + FEATURES,
};
/** Rows of a block: the most whose sums fit into x86's registers. */
export const BLOCK = 6;
const EPSILON = 1e-12;

export type Kernel =
  | "normFeatures"
  | "normHidden"
  | "toBranch"
  | "toFeatures"
  | "toHead"
  | "toHeadAbove0"
  | "toHidden";

type V128 = Code<"v128">;

/** What the encoder is computed with. Products are rounded once where a processor does that: the last bits differ between them. */
export function useKernels(): Uint8Array<ArrayBuffer> {
  const product = (
    name: Kernel,
    sizes: Pick<Product, "outBytes" | "rowBytes">,
    finish: Product["finish"],
  ) =>
    matrixProduct({
      name,
      ...sizes,
      blockRows: BLOCK,
      unroll: 4,
      step: (weight, factor, sum) => f32x4.relaxedMadd(weight, factor, sum),
      finish,
      besideBytes: BRANCH * 4,
      besidePanelBytes: 32,
    });
  const head = { rowBytes: HEAD.width * 4, outBytes: HEAD.width * 4 };
  return moduleOf([
    product("toHidden", { rowBytes: FEATURES * 4, outBytes: HIDDEN * 4 }, biased),
    product("toBranch", { rowBytes: BRANCH * 4, outBytes: BRANCH * 4 }, addedTo),
    product("toFeatures", { rowBytes: BRANCH * 4, outBytes: FEATURES * 4 }, addedTo),
    product("toHead", head, biased),
    product("toHeadAbove0", head, (sum, place) => above0(biased(sum, place))),
    layerNorm("normHidden", HIDDEN, EPSILON, false),
    layerNorm("normFeatures", FEATURES, EPSILON, false),
  ]);
}

function biased(sum: V128, { columns, vector }: Place): V128 {
  return f32x4.add(sum, v128.load(columns, vector * 16));
}

function above0(value: V128): V128 {
  return f32x4.pmax(value, f32x4.splat(0));
}

/** What the sum makes of the row, added to the row. */
function addedTo(sum: V128, place: Place): V128 {
  const own = v128.load(place.row, place.rowNumber * BRANCH * 4 + place.vector * 16);
  return f32x4.add(above0(biased(sum, place)), own);
}
