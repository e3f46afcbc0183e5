export type EnvFile = {
  values: Map<string, string>;
  /** One sentence per malformed line, without the line, which may contain a secret. */
  problems: string[];
};

const ASSIGNMENT = /^(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=(.*)$/;

/**
 * Reads lines of `NAME=value`. A value extends to the end of its line, `#` included, without surrounding blanks and one
 * pair of quotes; the last line for a name counts.
 */
export function parseEnvFile(text: string, path: string): EnvFile {
  const values = new Map<string, string>();
  const problems: string[] = [];
  for (const [at, raw] of text.split(/\r?\n/).entries()) {
    // trim() also removes a byte order mark.
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
