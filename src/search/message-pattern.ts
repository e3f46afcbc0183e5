import { templateOf } from "../domain/template.ts";

/**
 * What a message says apart from what varies: as its template, and without short numbers too, save where one names the
 * error itself, as in "status 503". Only for showing together what a reader takes for the same.
 */
export function messagePattern(message: string): string {
  return templateOf(message).replace(NUMBER, (all, naming: string | undefined) =>
    naming === undefined ? "<number>" : all,
  );
}

/** Digits, with the word before them that makes them a name. */
const NUMBER =
  /((?:status|state|code|errno|error|exit|signal|sqlstate|http(?:\/[\d.]{1,3})?)["']?[ \t]{0,3}[:=]?[ \t]{0,3})?\d{1,20}(?:\.\d{1,20})?/gi;
