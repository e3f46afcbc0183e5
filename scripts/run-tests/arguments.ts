import { parseArgs } from "node:util";

const PARTS = ["unit", "e2e"] as const;
export type Part = (typeof PARTS)[number];

export const USAGE = `Usage: npm test -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:unit -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:e2e -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:full -- [FILE…] [--test-name-pattern PATTERN]
       npm run test:watch -- [FILE…] [--test-name-pattern PATTERN]

FILE is a test file, a folder, or a pattern such as 'test/unit/cli/*.test.ts'; without one, all of that part run.
test:full runs on every OpenSearch that is supported, not on the newest alone, and what takes long (folders named full).
--older: of the full run only what is not in npm test. --expect-skip TEXT: a test that is skipped for a reason with that text
is expected to be; with --expect-skip, or CI=true, any other skip fails the run.
test:watch runs them again whenever a file that they import changes (without FILE: the unit tests).`;

export type TestArguments = {
  /** All where none is named. */
  parts: readonly Part[];
  files: readonly string[];
  namePatterns: readonly string[];
  watch: boolean;
  /** All versions of OpenSearch, and what takes long. */
  full: boolean;
  /** Of that only what a run that is not full leaves out. */
  older: boolean;
  /** Parts of the reasons for which tests may be skipped; undefined: for any. */
  expectedSkips: readonly string[] | undefined;
};

/** What a test run is asked for; undefined where the arguments make no sense. */
export function readTestArguments(
  args: string[],
  { CI }: { CI?: string | undefined } = process.env,
): TestArguments | undefined {
  const options = {
    "test-name-pattern": { type: "string", multiple: true },
    watch: { type: "boolean" },
    full: { type: "boolean" },
    older: { type: "boolean" },
    "expect-skip": { type: "string", multiple: true },
  } as const;
  try {
    const { values, positionals } = parseArgs({ args, options, allowPositionals: true });
    const named = PARTS.find((part) => part === positionals[0]);
    const files = named ? positionals.slice(1) : positionals;
    const { watch = false, older = false, full = older } = values;
    const { "test-name-pattern": namePatterns = [], "expect-skip": skips } = values;
    const parts = named ? [named] : watch && files.length === 0 ? ["unit" as const] : PARTS;
    const expectedSkips = skips ?? (CI === "true" ? [] : undefined);
    return { parts, files, namePatterns, watch, full, older, expectedSkips };
  } catch {
    return undefined;
  }
}
