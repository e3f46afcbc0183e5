import { placesFrom, textOf, toUnit, type Engine, type Workspace } from "../engine.ts";
import { instantiate } from "../wasm/assembler.ts";
import { PANEL } from "../wasm/matrix-product.ts";
import {
  BLOCK,
  HEADS,
  HEAD_WIDTH,
  INNER,
  LAYERS,
  MAX_TOKENS,
  miniLmKernels,
  SCORE_WIDTH,
  WIDTH,
  type Kernel,
} from "./kernels.ts";
import { createWordPiece } from "../tokenizers.ts";

const MAX_ROWS = MAX_TOKENS + BLOCK;
const SIZES = {
  state: MAX_ROWS * WIDTH * 4,
  attention: MAX_ROWS * 3 * WIDTH * 4,
  change: MAX_ROWS * WIDTH * 4,
  inner: MAX_ROWS * INNER * 4,
  rounded: MAX_ROWS * INNER,
  ranges: MAX_ROWS * 8,
  keys: MAX_ROWS * HEAD_WIDTH * 4,
  scores: MAX_ROWS * SCORE_WIDTH * 4,
};

/**
 * all-MiniLM-L6-v2 (Wang et al. 2020, arXiv:2002.10957; sentence-transformers): BERT of six layers with int8 weights, the mean
 * of its tokens' states as the vector.
 */
export function createMiniLm(workspace: Workspace): Engine {
  const { memory } = workspace;
  const at = (name: string) => workspace.tensor(name).offset;
  const run = instantiate<Kernel>(miniLmKernels(), memory);
  const buffers = placesFrom(workspace.scratch, SIZES);
  const { state, attention, change, inner, rounded, ranges, keys, scores } = buffers;
  const floats = new Float32Array(memory.buffer);
  const words = new Uint8Array(memory.buffer, at("words"));
  const [wordScale = 1, wordZero = 0] = new Float32Array(memory.buffer, at("wordRange"), 2);

  /** States of the words at their places. */
  function lookUp(ids: readonly number[], first: number): void {
    const start = state + first * WIDTH * 4;
    let to = start / 4;
    for (const id of ids) {
      const from = id * WIDTH;
      for (let i = 0; i < WIDTH; i += 1) {
        floats[to++] = ((words[from + i] ?? 0) - wordZero) * wordScale;
      }
    }
    run.addNorm(start, at("places"), at("gamma"), at("beta"), ids.length);
  }

  function layer(number: number, texts: readonly (readonly number[])[], rows: number): void {
    const blocks = Math.ceil(rows / BLOCK);
    const product = (kernel: Kernel, weights: string, out: number, width: number, depth: number) =>
      run[kernel](
        rounded,
        at(`${weights}${number}`),
        out,
        blocks,
        width / PANEL,
        depth / 4,
        PANEL * (depth + 12),
        ranges,
      );
    const norm = (which: string) =>
      run.addNorm(state, change, at(`gamma${which}${number}`), at(`beta${which}${number}`), rows);

    run.roundState(state, rounded, ranges, rows);
    product("toAttention", "attention", attention, 3 * WIDTH, WIDTH);
    let first = 0;
    for (const { length } of texts) {
      for (let head = 0; head < HEADS; head += 1) attend(first, length, head);
      first += length;
    }
    run.roundState(change, rounded, ranges, rows);
    product("toMixed", "mixed", change, WIDTH, WIDTH);
    norm("A");
    run.roundState(state, rounded, ranges, rows);
    product("toInner", "inner", inner, INNER, WIDTH);
    run.gelu(inner, inner + rows * INNER * 4);
    run.roundInner(inner, rounded, ranges, rows);
    product("toOuter", "outer", change, WIDTH, INNER);
    norm("B");
  }

  /** One head of one text; blocks reach into the rows of the next text, whose own turn comes after. */
  function attend(first: number, length: number, head: number): void {
    const blocks = Math.ceil(length / BLOCK);
    const query = attention + (first * 3 * WIDTH + head * HEAD_WIDTH) * 4;
    const [key, value] = [query + WIDTH * 4, query + 2 * WIDTH * 4];
    packKeys(key / 4, length);
    const panels = Math.ceil(length / PANEL);
    run.toScores(query, keys, scores, blocks, panels, HEAD_WIDTH, HEAD_WIDTH * PANEL * 4, 0);
    run.softmax(scores, length, length);
    const out = change + (first * WIDTH + head * HEAD_WIDTH) * 4;
    run.toContext(scores, value, out, blocks, HEAD_WIDTH / PANEL, length, PANEL * 4, 0);
  }

  /** Keys as the weights of a product: a panel for eight of them. */
  function packKeys(from: number, length: number): void {
    const to = keys / 4;
    for (let row = 0; row < length; row += 1) {
      const lane = row % PANEL;
      const panel = to + (row - lane) * HEAD_WIDTH + lane;
      const key = from + row * 3 * WIDTH;
      for (let i = 0; i < HEAD_WIDTH; i += 1) floats[panel + i * PANEL] = floats[key + i] ?? 0;
    }
  }

  function meanOf(first: number, length: number): Float32Array<ArrayBuffer> {
    const sums = new Float64Array(WIDTH);
    const start = state / 4 + first * WIDTH;
    for (let row = 0; row < length; row += 1) {
      const from = start + row * WIDTH;
      for (let i = 0; i < WIDTH; i += 1) sums[i] = (sums[i] ?? 0) + (floats[from + i] ?? 0);
    }
    const vector = Float32Array.from(sums, (sum) => sum / length);
    toUnit(vector);
    return vector;
  }

  return {
    tokenize: createWordPiece(textOf(workspace, "vocabulary").split("\n"), MAX_TOKENS),
    maxTokens: MAX_TOKENS,
    embed(texts) {
      let rows = 0;
      for (const ids of texts) {
        lookUp(ids, rows);
        rows += ids.length;
      }
      for (let number = 0; number < LAYERS; number += 1) layer(number, texts, rows);
      let first = 0;
      return texts.map(({ length }) => {
        first += length;
        return meanOf(first - length, length);
      });
    },
  };
}
