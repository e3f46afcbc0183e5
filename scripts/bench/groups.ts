import { signatureOf } from "../../src/domain/signature.ts";
import { benchAlike } from "./alike.ts";
import type { Bench, Measured, Row } from "./bench.ts";
import { readStructured } from "./event-templates.ts";
import { benchNezha } from "./nezha/bench-nezha.ts";
import { readSampleLogs, sampleLogsFolder } from "./sample-logs.ts";
import { round } from "./samples.ts";

/**
 * How well signatures divide a log into its errors, by the truth of loghub's `*_structured.csv`. Grouping accuracy: the share of
 * lines whose group holds exactly the lines of their template (Zhu et al.: Tools and Benchmarks for Automated Log Parsing, ICSE-SEIP
 * 2019, who call it PA). F1 counts groups in the same way instead of lines (Jiang et al.: A Large-Scale Evaluation for Log Parsing
 * Techniques, ISSTA 2024, who call it FGA), so that rare errors count as much as frequent ones. Then
 * which groups are alike, and what becomes of nezha's faults.
 */
export async function benchGroups(bench: Bench): Promise<Measured> {
  const { signal, say } = bench;
  const folder = sampleLogsFolder();
  if (folder === undefined) {
    const skipped = "no real logs here: LOG_VECTORIZER_LOGS names a folder with *.log files";
    return { figures: { skipped }, rows: [{ what: "groups", value: `skipped: ${skipped}` }] };
  }
  const files = [];
  const rows: Row[] = [];
  for (const { file } of await readSampleLogs()) {
    signal.throwIfAborted();
    const lines = await readStructured(folder, file);
    if (lines === undefined) {
      rows.push({ what: `groups, ${file}`, value: `skipped: no ${file}_structured.csv` });
      continue;
    }
    say(`Grouping ${file}`);
    const found = compareGroups(
      lines.map(({ message }) => signatureOf(message)),
      lines.map(({ template }) => template),
    );
    files.push({ file, ...found });
    rows.push({
      what: `groups, ${file}`,
      value: `grouping accuracy ${found.grouping_accuracy}, F1 of groups ${found.f1}`,
      reference: `${found.groups} groups, ${found.templates} templates`,
    });
  }
  const alike = await benchAlike(folder, bench);
  const nezha = await benchNezha(folder, bench);
  return {
    figures: { files, alike: alike.figures, nezha: nezha.figures },
    rows: [...rows, ...alike.rows, ...nezha.rows],
  };
}

/** `own`, `truth`: for each line the name of its group. Groups are equal where they hold the same lines. */
export function compareGroups(own: readonly string[], truth: readonly string[]) {
  const ours = linesOf(own);
  const theirs = linesOf(truth);
  let exactLines = 0;
  let exactGroups = 0;
  for (const lines of ours.values()) {
    const names = new Set(lines.map((line) => truth[line]));
    const [name = ""] = names;
    if (names.size > 1 || theirs.get(name)?.length !== lines.length) continue;
    exactLines += lines.length;
    exactGroups++;
  }
  return {
    lines: own.length,
    groups: ours.size,
    templates: theirs.size,
    grouping_accuracy: own.length === 0 ? 1 : round(exactLines / own.length, 3),
    // Harmonic mean of precision (exact of ours) and recall (exact of theirs).
    f1: own.length === 0 ? 1 : round((2 * exactGroups) / (ours.size + theirs.size), 3),
  };
}

function linesOf(names: readonly string[]): Map<string, number[]> {
  return Map.groupBy(names.keys(), (line) => names[line] ?? "");
}
