import { placesFrom, toUnit, type Engine, type Workspace } from "../engine.ts";
import { instantiate } from "../wasm/assembler.ts";
import { PANEL } from "../wasm/matrix-product.ts";
import {
  BLOCK,
  BRANCH,
  BRANCHES,
  FEATURES,
  HEAD,
  HIDDEN,
  NARROW,
  useKernels,
  WIDTH,
  type Kernel,
} from "./kernels.ts";
import { createSentencePiece } from "../tokenizers.ts";

/** The model takes any number; more than a log line's would only slow others down. */
const MAX_TOKENS = 256;
/** Rows of zeros between two texts, as far as a branch looks beyond a token. */
const GAP = 2;
/** A text has two tokens or more, so that so many texts fit into one batch. */
const MAX_TEXTS = MAX_TOKENS / 2;
const MAX_ROWS = MAX_TOKENS + GAP * (MAX_TEXTS + 2) + BLOCK;
/** Tables that the tokens' embeddings are spread over, each with its own scale. */
export const TABLES = 17;

const SIZES = {
  features: MAX_ROWS * FEATURES * 4,
  hidden: MAX_ROWS * HIDDEN * 4,
  branch: MAX_ROWS * BRANCH * 4,
  middle: MAX_ROWS * BRANCH * 4,
  head: (MAX_TEXTS + BLOCK) * HEAD.width * 4,
};

type Span = { first: number; length: number };

/**
 * Universal Sentence Encoder, multilingual, version 3 (Yang et al. 2019, arXiv:1907.04307): convolutions over two, three and
 * five neighbouring tokens, their sum, and a small head.
 */
export function createUse(workspace: Workspace): Engine {
  const { memory } = workspace;
  const at = (name: string) => workspace.tensor(name).offset;
  const run = instantiate<Kernel>(useKernels(), memory);
  const { features, hidden, branch, middle, head } = placesFrom(workspace.scratch, SIZES);
  const floats = new Float32Array(memory.buffer);
  const words = new Uint8Array(memory.buffer, at("words"));
  const ranges = new Float32Array(memory.buffer, at("ranges"), 2 * TABLES);
  const bias = new Float32Array(memory.buffer, at("sumBias"), WIDTH);

  type Weights = { name: string; depth: number; width: number };
  function product(
    kernel: Kernel,
    { name, depth, width }: Weights,
    { from, to, rows, beside = 0 }: { from: number; to: number; rows: number; beside?: number },
  ): void {
    const panelBytes = (depth + 1) * PANEL * 4;
    run[kernel](
      from,
      at(name),
      to,
      Math.ceil(rows / BLOCK),
      width / PANEL,
      depth,
      panelBytes,
      beside,
    );
  }

  function lookUp(ids: readonly number[], first: number): void {
    ids.forEach((id, row) => {
      const [scale = 0, low = 0] = ranges.subarray((id % TABLES) * 2);
      const [from, to] = [id * WIDTH, features / 4 + (first + row) * FEATURES];
      for (let i = 0; i < WIDTH; i += 1) floats[to + i] = (words[from + i] ?? 0) * scale + low;
    });
  }

  /** Empties the rows before the first text and behind each. */
  function clearGaps(buffer: number, spans: readonly Span[]): void {
    const clear = (row: number) => {
      const start = buffer / 4 + row * BRANCH;
      floats.fill(0, start, start + GAP * BRANCH);
    };
    clear(0);
    for (const { first, length } of spans) clear(first + length);
  }

  /** The two convolutions of a branch, from `hidden` into its columns of `features`. */
  function convolve(number: number, spans: readonly Span[], rows: number): void {
    const { span, before } = BRANCHES[number] ?? BRANCHES[0];
    for (const { first, length } of spans) {
      for (let row = first; row < first + length; row += 1) {
        const from = hidden / 4 + row * HIDDEN + number * BRANCH;
        floats.copyWithin(branch / 4 + row * BRANCH, from, from + BRANCH);
      }
    }
    const start = GAP * BRANCH * 4;
    const back = before * BRANCH * 4;
    const weights = (name: string) => ({
      name: `${name}${span}`,
      depth: span * BRANCH,
      width: BRANCH,
    });
    clearGaps(branch, spans);
    product("toBranch", weights("first"), {
      from: branch + start - back,
      to: middle + start,
      rows,
      beside: branch + start,
    });
    clearGaps(middle, spans);
    product("toFeatures", weights("second"), {
      from: middle + start - back,
      to: features + (GAP * FEATURES + WIDTH + number * BRANCH) * 4,
      rows,
      beside: middle + start,
    });
  }

  /** The sum of a text's tokens, into its row of the head. */
  function sumUp({ first, length }: Span, text: number): void {
    const sums = new Float64Array(FEATURES);
    for (let row = first; row < first + length; row += 1) {
      const from = features / 4 + row * FEATURES;
      for (let i = 0; i < FEATURES; i += 1) sums[i] = (sums[i] ?? 0) + (floats[from + i] ?? 0);
    }
    floats.set(sums, head / 4 + text * HEAD.width + HEAD.sum);
  }

  function headOf(spans: readonly Span[]): void {
    const rows = spans.length;
    const layer = (name: string, from: number, depth: number, to: number, width: number) => {
      const kernel = to === HEAD.mean || to === HEAD.output ? "toHead" : "toHeadAbove0";
      product(kernel, { name, depth, width }, { from: head + from * 4, to: head + to * 4, rows });
    };
    layer("sum", HEAD.sum, FEATURES, HEAD.mean, WIDTH);
    spans.forEach(({ length }, text) => {
      const start = head / 4 + text * HEAD.width;
      for (let i = 0; i < WIDTH; i += 1) {
        const sum = (floats[start + i] ?? 0) + length * (bias[i] ?? 0);
        floats[start + i] = sum / Math.sqrt(length);
      }
    });
    layer("head0", HEAD.mean, WIDTH, HEAD.y0, NARROW);
    layer("head1", HEAD.mean, WIDTH + NARROW, HEAD.y1, NARROW);
    layer("head2", HEAD.y1, NARROW, HEAD.y2, WIDTH);
    layer("head3", HEAD.y1, NARROW + WIDTH, HEAD.output, WIDTH);
  }

  return {
    tokenize: createSentencePiece(workspace, MAX_TOKENS),
    maxTokens: MAX_TOKENS,
    embed(texts) {
      let next = GAP;
      const spans = texts.map((ids): Span => {
        const first = next;
        lookUp(ids, first);
        next += ids.length + GAP;
        return { first, length: ids.length };
      });
      const rows = next - 2 * GAP;
      const [fromFeatures, fromHidden] = [features + GAP * FEATURES * 4, hidden + GAP * HIDDEN * 4];
      product(
        "toHidden",
        { name: "hidden", depth: WIDTH, width: HIDDEN },
        { from: fromFeatures, to: fromHidden, rows },
      );
      run.normHidden(fromHidden, 0, at("hiddenGamma"), at("hiddenBeta"), rows);
      BRANCHES.forEach((_, number) => convolve(number, spans, rows));
      run.normFeatures(fromFeatures, 0, at("gamma"), at("beta"), rows);
      spans.forEach(sumUp);
      headOf(spans);
      return spans.map((_, text) => {
        const start = head / 4 + text * HEAD.width + HEAD.output;
        const vector = floats.slice(start, start + WIDTH).map(Math.tanh);
        toUnit(vector);
        return vector;
      });
    },
  };
}
