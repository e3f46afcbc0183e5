import { setImmediate } from "node:timers/promises";
import { Fault } from "../../domain/faults.ts";
import type { EmbedAnswer, Embedder, EmbedInput } from "../../ports/embedder.ts";

/** Yields after this, so that health checks, signals and answers are handled. */
const MAX_BUSY_MS = 10;
const MAX_TOKENS_PER_TEXT = 8192;

export type HashingOptions = { dimensions: number; maxTextsPerRequest?: number };

/** An embedder in this process that compares wording, not meaning. */
export function createHashingEmbedder(options: HashingOptions): Embedder {
  const { dimensions, maxTextsPerRequest = 1000 } = options;

  async function embed(inputs: readonly EmbedInput[], signal: AbortSignal): Promise<EmbedAnswer> {
    const vectors: Float32Array[] = [];
    let busySince = performance.now();
    for (const { text } of inputs) {
      if (performance.now() - busySince > MAX_BUSY_MS) {
        await setImmediate();
        busySince = performance.now();
      }
      if (signal.aborted) throw new Fault("outage", "local: stopped while waiting");
      vectors.push(hashedVector(text, dimensions));
    }
    return { vectors, tokens: 0 };
  }

  return {
    name: "local",
    model: "local-hashing-v1",
    dimensions,
    limits: {
      maxTextsPerRequest,
      maxTokensPerText: MAX_TOKENS_PER_TEXT,
      maxTokensPerRequest: maxTextsPerRequest * MAX_TOKENS_PER_TEXT,
    },
    pricePerMillionTokens: 0,
    embed,
  };
}

/** The rest of a text is ignored, so that one huge record cannot delay others. */
const MAX_CHARS = 100_000;
const WORD_WEIGHT = 1;
/** Divided among a word's n-grams, so that long words weigh no more than short ones. */
const NGRAMS_WEIGHT = 0.8;
const SHAPE_WEIGHT = 0.2;
const MIN_NGRAM = 3;
const MAX_NGRAM = 5;
/** Separate the hash spaces of words, n-grams and shapes. */
const WORD_SALT = 1;
const NGRAM_SALT = 2;
const SHAPE_SALT = 3;

/**
 * A unit vector of the wording: each word and its runs of 3 to 5 characters add a signed weight at a hashed index
 * (Weinberger et al. 2009, "Feature Hashing for Large Scale Multitask Learning").
 */
function hashedVector(text: string, dimensions: number): Float32Array {
  const sums = new Float64Array(dimensions);
  const head = text.length > MAX_CHARS ? text.slice(0, MAX_CHARS) : text;
  for (const [term, { count, isShape }] of countTerms(head)) {
    // Repetition counts logarithmically.
    const weight = 1 + Math.log(count);
    if (isShape) addFeature(sums, fnvOf(term), SHAPE_SALT, SHAPE_WEIGHT);
    else addWord(sums, term, weight);
  }
  return toUnit(sums) ?? singleFeature(head, dimensions);
}

function countTerms(text: string): Map<string, { count: number; isShape: boolean }> {
  const counts = new Map<string, { count: number; isShape: boolean }>();
  for (const { term, isShape } of termsOf(text)) {
    const known = counts.get(term);
    if (known === undefined) counts.set(term, { count: 1, isShape });
    else known.count += 1;
  }
  return counts;
}

function addWord(sums: Float64Array, word: string, weight: number): void {
  addFeature(sums, fnvOf(word), WORD_SALT, WORD_WEIGHT * weight);
  // With edge markers, so that shared prefixes and suffixes count more than middles.
  const padded = `^${word}$`;
  const ngrams = ngramCount(padded.length);
  const each = (NGRAMS_WEIGHT * weight) / Math.sqrt(ngrams);
  for (let start = 0; start + MIN_NGRAM <= padded.length; start += 1) {
    let hash = fnvEmpty;
    const end = Math.min(start + MAX_NGRAM, padded.length);
    for (let i = start; i < end; i += 1) {
      hash = fnvAdd(hash, padded.charCodeAt(i));
      if (i - start + 1 >= MIN_NGRAM) addFeature(sums, hash, NGRAM_SALT, each);
    }
  }
}

function ngramCount(length: number): number {
  let count = 0;
  for (let size = MIN_NGRAM; size <= MAX_NGRAM; size += 1) count += Math.max(0, length - size + 1);
  return Math.max(1, count);
}

function addFeature(sums: Float64Array, hash: number, salt: number, weight: number): void {
  const bits = spread(hash ^ Math.imul(salt, 0x9e3779b1));
  const place = (bits >>> 1) % sums.length;
  sums[place] = (sums[place] ?? 0) + ((bits & 1) === 0 ? weight : -weight);
}

/** Undefined where the features cancel out, or there are none. */
function toUnit(sums: Float64Array): Float32Array | undefined {
  let squares = 0;
  for (let i = 0; i < sums.length; i += 1) squares += (sums[i] ?? 0) ** 2;
  if (squares < 1e-12) return undefined;
  const scale = 1 / Math.sqrt(squares);
  const vector = new Float32Array(sums.length);
  for (let i = 0; i < sums.length; i += 1) vector[i] = (sums[i] ?? 0) * scale;
  return vector;
}

function singleFeature(text: string, dimensions: number): Float32Array {
  const vector = new Float32Array(dimensions);
  vector[spread(fnvOf(text)) % dimensions] = 1;
  return vector;
}

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The initial hash: FNV-1a over UTF-16 units, 32 bits. */
const fnvEmpty = FNV_OFFSET;

function fnvAdd(hash: number, unit: number): number {
  return Math.imul(hash ^ unit, FNV_PRIME);
}

function fnvOf(text: string): number {
  let hash = fnvEmpty;
  for (let i = 0; i < text.length; i += 1) hash = fnvAdd(hash, text.charCodeAt(i));
  return hash;
}

/** MurmurHash3's finalizer mixes all bits, because FNV's low bits alone are poor. 0 to 2^32 - 1. */
function spread(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A word, or the shape of an id: all numbers share one shape, all hexadecimal ids another. */
type Term = { term: string; isShape: boolean };

const TOKEN = /[\p{L}\p{N}\p{M}]+/gu;
const NUMBER = /^\p{N}+$/u;
const HEX_ID = /^(?=.*\d)(0x[0-9a-f]+|[0-9a-f]{4,})$/i;
/** A long mix of letters and digits, such as a session or container id. */
const OPAQUE_ID = /^(?=.{16,}$)(?=(.*?\d\D){3})/;
const CAMEL_BUMP = /(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

const NUMBER_SHAPE: Term = { term: "<number>", isShape: true };
const HEX_SHAPE: Term = { term: "<hex>", isShape: true };
const OPAQUE_SHAPE: Term = { term: "<id>", isShape: true };

/** The terms of a text in order: lower-case words, camelCase split, ids as shapes. */
export function termsOf(text: string): Term[] {
  const terms: Term[] = [];
  for (const [token] of text.matchAll(TOKEN)) {
    const shape = shapeOf(token);
    if (shape !== undefined) terms.push(shape);
    else {
      for (const word of token.split(CAMEL_BUMP)) {
        terms.push(NUMBER.test(word) ? NUMBER_SHAPE : { term: word.toLowerCase(), isShape: false });
      }
    }
  }
  return terms;
}

function shapeOf(token: string): Term | undefined {
  if (NUMBER.test(token)) return NUMBER_SHAPE;
  if (HEX_ID.test(token)) return HEX_SHAPE;
  return OPAQUE_ID.test(token) ? OPAQUE_SHAPE : undefined;
}
