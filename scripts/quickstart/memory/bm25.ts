/** Letters, digits and underscores; a point or colon between letters and a point or comma between digits joins (UAX 29). */
const TOKEN =
  /[\p{L}\p{M}\p{N}_]+(?:(?:(?<=\p{L})[.:'](?=\p{L})|(?<=\p{N})[.,](?=\p{N}))[\p{L}\p{M}\p{N}_]+)*/gu;

/** In lower case, as OpenSearch's standard analyzer makes them. */
function tokensOf(text: string): string[] {
  return Array.from(text.toLowerCase().matchAll(TOKEN), ([token]) => token);
}

/** Robertson's and Lucene's defaults. */
const K1 = 1.2;
const B = 0.75;

/**
 * Scores each text that has any of the words by BM25 (Robertson and Zaragoza, 2009, as in Lucene); -Infinity for the others.
 * `N` and the frequencies are those of these texts.
 */
export function bm25(texts: readonly string[], words: readonly string[]): number[] {
  const documents = texts.map((text) => Map.groupBy(tokensOf(text), (token) => token));
  const lengths = documents.map((tokens) => [...tokens.values()].flat().length);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / Math.max(1, lengths.length);
  const terms = [...new Set(tokensOf(words.join(" ")))].map((term) => {
    const has = documents.filter((tokens) => tokens.has(term)).length;
    return { term, idf: Math.log(1 + (documents.length - has + 0.5) / (has + 0.5)) };
  });
  return documents.map((tokens, i) => {
    const length = (lengths[i] ?? 0) / mean;
    const scores = terms.flatMap(({ term, idf }) => {
      const times = tokens.get(term)?.length ?? 0;
      return times === 0 ? [] : [(idf * times) / (times + K1 * (1 - B + B * length))];
    });
    return scores.length === 0 ? -Infinity : scores.reduce((sum, score) => sum + score, 0);
  });
}

/** Whether the tokens of the phrase follow one another in the text. */
export function hasPhrase(text: string, phrase: string): boolean {
  const [all, wanted] = [tokensOf(text), tokensOf(phrase)];
  return all.some((_, at) => wanted.every((token, i) => all[at + i] === token));
}
