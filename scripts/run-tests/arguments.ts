import { parseArgs } from "node:util";

const PARTS = ["unit", "e2e"] as const;
export type Part = (typeof PARTS)[number];

export const USAGE = `Usage: npm test -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:unit -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:e2e -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:watch -- [FILE…] [--test-name-pattern PATTERN]

FILE is a test file, a folder, or a pattern such as 'test/unit/cli/*.test.ts'; without one, all of that part run.
test:watch runs them again whenever a file that they import changes (without FILE: the unit tests).`;

export type TestArguments = {
  /** All where none is named. */
  parts: readonly Part[];
  files: readonly string[];
  namePatterns: readonly string[];
  watch: boolean;
};

/** What a test run is asked for; undefined where the arguments make no sense. */
export function readTestArguments(args: string[]): TestArguments | undefined {
  const options = {
    "test-name-pattern": { type: "string", multiple: true },
    watch: { type: "boolean" },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const named = PARTS.find((part) => part === positionals[0]);
    const files = named ? positionals.slice(1) : positionals;
    const { watch = false, "test-name-pattern": namePatterns = [] } = values;
    const parts = named ? [named] : watch && files.length === 0 ? ["unit" as const] : PARTS;
    return { parts, files, namePatterns, watch };
  } catch {
    return undefined;
  }
}
