export type EnvFile = {
  values: Map<string, string>;
  /** One sentence per malformed line; without its text, which may hold a secret. */
  problems: string[];
};

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;

/**
 * Reads lines of `NAME=value`. A value stands as written to the end of its line, `#` included, without surrounding
 * blanks and without one pair of matching quotes; of two lines for one name the later counts.
 */
export function parseEnvFile(text: string, path: string): EnvFile {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    // trim() takes away the byte order mark of a file from Windows, too.
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const [, name, value] = ASSIGNMENT.exec(line) ?? [];
    if (name === undefined || value === undefined) {
      problems.push(
        `${path}, line ${at + 1}: expected NAME=value, or a comment that begins with #`,
      );
      continue;
    }
    values.set(name, withoutQuotes(value.trim()));
  }
  return { values, problems };
}

function withoutQuotes(value: string): string {
  const quoted = /^"(.*)"$|^'(.*)'$/.exec(value);
  return quoted?.[1] ?? quoted?.[2] ?? value;
}
