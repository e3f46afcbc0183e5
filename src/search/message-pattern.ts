import { templateOf } from "../domain/template.ts";

/**
 * The template of a message, without its short numbers too, except where one names the error, as in "status 503". Only
 * used to group hits for display.
 */
export function messagePattern(message: string): string {
  return templateOf(message).replace(NUMBER, (all, naming: string | undefined) =>
    naming === undefined ? "<number>" : all,
  );
}

/** Digits, with the word before them that makes them a name. */
const NUMBER =
  /((?:status|state|code|errno|error|exit|signal|sqlstate|http(?:\/[\d.]{1,3})?)["']?[ \t]{0,3}[:=]?[ \t]{0,3})?\d{1,20}(?:\.\d{1,20})?/gi;
