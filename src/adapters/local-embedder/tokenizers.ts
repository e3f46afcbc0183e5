import type { Tokens, Workspace } from "./engine.ts";

/** A word of more characters is unknown as a whole. */
const MAX_WORD_CHARS = 100;
const UNKNOWN_WORD = "[UNK]";

/** What BERT's text cleaning drops: NUL, U+FFFD, and control, format and private characters. */
const DROPPED = /[\0\ufffd]|(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\p{Cs}]/gu;
const CJK =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const ONLY_ASCII = /^[\x20-\x7e\t\n\r]*$/;
/** A punctuation character alone, or all up to the next one or white space. */
const WORD = /[\p{P}$+<=>^`|~]|[^\s\p{P}$+<=>^`|~]+/gu;

/**
 * BERT's uncased tokenizer: lower case without accents, split at white space and punctuation, then the longest known
 * pieces from the left. At most `maxTokens`, [CLS] and [SEP] included. Words such as "[SEP]" in a text are just words.
 */
export function createWordPiece(vocabulary: readonly string[], maxTokens: number) {
  const idOf = new Map(vocabulary.map((piece, id) => [piece, id]));
  const longest = vocabulary.reduce((most, piece) => Math.max(most, piece.length), 1);
  const special = (piece: string) => {
    const id = idOf.get(piece);
    if (id === undefined) throw new Error(`The vocabulary lacks ${piece}`);
    return id;
  };
  const [unknown, first, last] = [special(UNKNOWN_WORD), special("[CLS]"), special("[SEP]")];

  /** The pieces of one word, or undefined where a part of it is unknown. */
  function piecesOf(word: string): number[] | undefined {
    if (word.length > MAX_WORD_CHARS && [...word].length > MAX_WORD_CHARS) return undefined;
    const pieces: number[] = [];
    for (let start = 0; start < word.length;) {
      const prefix = start === 0 ? "" : "##";
      let end = Math.min(word.length, start + longest);
      let id = idOf.get(prefix + word.slice(start, end));
      while (id === undefined && end > start + 1) {
        end -= 1;
        id = idOf.get(prefix + word.slice(start, end));
      }
      if (id === undefined) return undefined;
      pieces.push(id);
      start = end;
    }
    return pieces;
  }

  return (text: string): Tokens => {
    const ids = [first];
    for (const [word] of cleaned(text).matchAll(WORD)) {
      ids.push(...(piecesOf(word) ?? [unknown]));
      if (ids.length >= maxTokens) break;
    }
    const isCut = ids.length >= maxTokens;
    if (isCut) ids.length = maxTokens - 1;
    ids.push(last);
    return { ids, isCut };
  };
}

function cleaned(text: string): string {
  if (ONLY_ASCII.test(text)) return text.toLowerCase();
  const spaced = text.replace(DROPPED, "").replace(CJK, " $& ");
  // Each sigma becomes the same letter: the model's tokenizer lowers characters one by one.
  return spaced
    .normalize("NFD")
    .replace(/\p{Mn}/gu, "")
    .replaceAll("Σ", "σ")
    .toLowerCase();
}

const [UNKNOWN, FIRST, LAST] = [0, 1, 2];
/** How much worse than the worst piece an unknown character is. */
const UNKNOWN_PENALTY = 10;
const SPACE = 0x20;
/** What stands for a space: U+2581. */
const MARK = [0xe2, 0x96, 0x81];

/**
 * SentencePiece's unigram model (Kudo 2018, arXiv:1804.10959): normalizes by the model's own map of characters, marks spaces, and
 * takes the pieces of the best score. At most `maxTokens`, the marks of beginning and end included.
 */
export function createSentencePiece(workspace: Workspace, maxTokens: number) {
  const { memory, tensor } = workspace;
  const place = (name: string, size: number) => {
    const { offset, bytes } = tensor(name);
    return [memory.buffer, offset, bytes / size] as const;
  };
  const normalize = createNormalizer(
    new Uint32Array(...place("charactersTrie", 4)),
    new Uint8Array(...place("replacements", 1)),
  );
  const firstChild = new Uint32Array(...place("firstChild", 4));
  const labels = new Uint16Array(...place("labels", 2));
  const pieces = new Int32Array(...place("pieces", 4));
  const scores = new Float32Array(...place("scores", 4));
  const unknownScore = scores.reduce((least, score) => Math.min(least, score)) - UNKNOWN_PENALTY;

  /** The node below `node` for a UTF-16 unit; 0, which is the root, where there is none. */
  function child(node: number, unit: number): number {
    let low = firstChild[node] ?? 0;
    let high = (firstChild[node + 1] ?? 0) - 1;
    while (low <= high) {
      const middle = (low + high) >>> 1;
      const label = labels[middle] ?? 0;
      if (label === unit) return middle;
      if (label < unit) low = middle + 1;
      else high = middle - 1;
    }
    return 0;
  }

  /** The pieces whose scores have the greatest sum; of equals the one whose last piece starts first. */
  function bestPieces(text: string): number[] {
    const best = new Float64Array(text.length + 1).fill(-Infinity);
    const startOf = new Int32Array(text.length + 1);
    const pieceOf = new Int32Array(text.length + 1);
    best[0] = 0;
    const offer = (start: number, end: number, piece: number, score: number) => {
      const sum = (best[start] ?? 0) + score;
      if (sum <= (best[end] ?? 0)) return;
      best[end] = sum;
      startOf[end] = start;
      pieceOf[end] = piece;
    };
    for (let start = 0; start < text.length;) {
      const next = start + ((text.codePointAt(start) ?? 0) > 0xffff ? 2 : 1);
      let isKnown = false;
      let node = 0;
      for (let end = start; end < text.length;) {
        node = child(node, text.charCodeAt(end));
        if (node === 0) break;
        end += 1;
        const piece = pieces[node] ?? -1;
        if (piece < 0) continue;
        offer(start, end, piece, scores[piece] ?? 0);
        isKnown ||= end === next;
      }
      if (!isKnown) offer(start, next, UNKNOWN, unknownScore);
      start = next;
    }
    const found: number[] = [];
    for (let end = text.length; end > 0; end = startOf[end] ?? 0) {
      const piece = pieceOf[end] ?? UNKNOWN;
      // A run of unknown characters is one piece.
      if (piece !== UNKNOWN || found.at(-1) !== UNKNOWN) found.push(piece);
    }
    return found.toReversed();
  }

  return (text: string): Tokens => {
    const found = bestPieces(normalize(text));
    const isCut = found.length > maxTokens - 2;
    return { ids: [FIRST, ...found.slice(0, maxTokens - 2), LAST], isCut };
  };
}

/**
 * Replaces the longest run of bytes that the map knows, from left to right, then marks spaces: one in front, none twice, none at
 * the end. The map is a double array (darts-clone): a unit holds its label, whether a value follows, and where its children are.
 */
function createNormalizer(units: Uint32Array, replacements: Uint8Array) {
  const childrenOf = (unit: number) => (unit >>> 10) << ((unit & 0x200) >>> 6);

  /** The replacement of what stands at `from`, and how many bytes it is for. */
  function replace(bytes: Uint8Array, from: number): { by: Uint8Array; length: number } {
    let [length, value] = [0, 0];
    let node = childrenOf(units[0] ?? 0);
    for (let at = from; at < bytes.length; at += 1) {
      const byte = bytes[at] ?? 0;
      node ^= byte;
      const unit = units[node] ?? 0;
      if ((unit & 0x800000ff) !== byte) break;
      node ^= childrenOf(unit);
      if ((unit & 0x100) === 0) continue;
      length = at - from + 1;
      value = (units[node] ?? 0) & 0x7fffffff;
    }
    if (length > 0)
      return { by: replacements.subarray(value, replacements.indexOf(0, value)), length };
    const own = bytes.subarray(from, from + characterBytes(bytes[from] ?? 0));
    return { by: own, length: own.length };
  }

  return (text: string): string => {
    const bytes = new TextEncoder().encode(text);
    const out: number[] = [];
    let isAfterSpace = true;
    for (let from = 0; from < bytes.length;) {
      const { by, length } = replace(bytes, from);
      from += length;
      for (const byte of by) {
        if (byte === SPACE && isAfterSpace) continue;
        isAfterSpace = byte === SPACE;
        if (isAfterSpace) out.push(...MARK);
        else out.push(byte);
      }
    }
    const normalized = Buffer.from([...MARK, ...out]).toString("utf8");
    return normalized.replace(/\u2581+$/, "");
  };
}

function characterBytes(first: number): number {
  if (first < 0x80) return 1;
  return first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
}
