import { placesFrom, textOf, toUnit, type Engine, type Workspace } from "../engine.ts";
import { instantiate } from "../wasm/assembler.ts";
import { MAX_INT8_ROWS } from "../wasm/int8-step.ts";
import { PANEL } from "../wasm/matrix-product.ts";
import {
  ATTENTION_ROWS,
  HEADS,
  HEAD_WIDTH,
  INNER,
  LAYERS,
  MAX_TOKENS,
  miniLmKernels,
  SCORE_WIDTH,
  STEPS,
  WIDTH,
  type Kernel,
} from "./kernels.ts";
import { createWordPiece } from "../tokenizers.ts";

/** Blocks and panels reach beyond the last token. */
const MAX_ROWS = MAX_TOKENS + Math.max(MAX_INT8_ROWS, PANEL);
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
  const { bytes, blockRows } = miniLmKernels();
  const run = instantiate<Kernel>(bytes, memory);
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

  const layers = Array.from({ length: LAYERS }, (_, number) => {
    const place = (name: string) => at(`${name}${number}`);
    return {
      attention: place("attention"),
      mixed: place("mixed"),
      normA: [place("gammaA"), place("betaA")] as const,
      inner: place("inner"),
      outer: place("outer"),
      normB: [place("gammaB"), place("betaB")] as const,
    };
  });
  type Layer = (typeof layers)[number];

  function compute(weights: Layer, texts: readonly (readonly number[])[], rows: number): void {
    const blocks = Math.ceil(rows / blockRows);
    const product = (kernel: Kernel, panels: number, out: number, width: number, depth: number) =>
      run[kernel](
        rounded,
        panels,
        out,
        blocks,
        width / PANEL,
        depth / 4,
        PANEL * (depth + 12),
        ranges,
      );

    run.roundState(state, rounded, ranges, rows);
    product("toAttention", weights.attention, attention, 3 * WIDTH, WIDTH);
    let first = 0;
    for (const { length } of texts) {
      for (let head = 0; head < HEADS; head += 1) attend(first, length, head);
      first += length;
    }
    run.roundState(change, rounded, ranges, rows);
    product("toMixed", weights.mixed, change, WIDTH, WIDTH);
    run.addNorm(state, change, ...weights.normA, rows);
    run.roundState(state, rounded, ranges, rows);
    product("toInner", weights.inner, inner, INNER, WIDTH);
    run.roundInner(inner, rounded, ranges, rows);
    product("toOuter", weights.outer, change, WIDTH, INNER);
    run.addNorm(state, change, ...weights.normB, rows);
  }

  /**
   * One head of one text. Blocks reach into the rows of the next text, whose own turn comes after, and steps beyond the last
   * token, where the scores are 0.
   */
  function attend(first: number, length: number, head: number): void {
    const blocks = Math.ceil(length / ATTENTION_ROWS);
    const query = attention + (first * 3 * WIDTH + head * HEAD_WIDTH) * 4;
    const [key, value] = [query + WIDTH * 4, query + 2 * WIDTH * 4];
    const panels = Math.ceil(length / PANEL);
    run.packKeys(key, keys, panels);
    run.toScores(query, keys, scores, blocks, panels, HEAD_WIDTH, HEAD_WIDTH * PANEL * 4, 0);
    run.softmax(scores, length, length);
    const out = change + (first * WIDTH + head * HEAD_WIDTH) * 4;
    const steps = Math.ceil(length / STEPS) * STEPS;
    run.toContext(scores, value, out, blocks, HEAD_WIDTH / PANEL, steps, PANEL * 4, 0);
  }

  function meanOf(first: number, length: number): Float32Array<ArrayBuffer> {
    const sums = new Float64Array(WIDTH);
    const start = state / 4 + first * WIDTH;
    for (let row = 0; row < length; row += 1) {
      const from = start + row * WIDTH;
      for (let i = 0; i < WIDTH; i += 1) sums[i] = (sums[i] ?? 0) + (floats[from + i] ?? 0);
    }
    const vector = new Float32Array(WIDTH);
    for (let i = 0; i < WIDTH; i += 1) vector[i] = (sums[i] ?? 0) / length;
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
      for (const weights of layers) compute(weights, texts, rows);
      let first = 0;
      return texts.map(({ length }) => {
        first += length;
        return meanOf(first - length, length);
      });
    },
  };
}
