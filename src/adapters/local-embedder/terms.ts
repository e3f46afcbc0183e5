/** A word, or the shape of an id: all numbers share one shape, all hexadecimal ids another. */
export type Term = { term: string; isShape: boolean };

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
