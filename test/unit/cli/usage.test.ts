import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { printedError } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

/** Stands for the line with the commands that the program's own help lists. */
const COMMANDS = "COMMANDS";
const HELP = "See log-vectorizer --help.";
const RUN_HELP = "See log-vectorizer --help and log-vectorizer run --help.";

const MISTAKES: [line: string, ...said: string[]][] = [
  ["serach foo", 'error: unknown command "serach". Did you mean search?', COMMANDS, HELP],
  ["serach foo --limit 3", 'error: unknown command "serach". Did you mean search?', COMMANDS, HELP],
  ["stat", 'error: unknown command "stat". Did you mean status?', COMMANDS, HELP],
  ["rnu", 'error: unknown command "rnu". Did you mean run?', COMMANDS, HELP],
  ["drain", 'error: unknown command "drain". Did you mean --drain?', COMMANDS, HELP],
  [
    "qarantine list",
    'error: unknown command "qarantine". Did you mean quarantine?',
    COMMANDS,
    HELP,
  ],
  ["gibberish", 'error: unknown command "gibberish".', COMMANDS, HELP],
  ["--once gibberish", 'error: unknown command "gibberish".', COMMANDS, HELP],
  ["help serach", 'error: unknown command "serach". Did you mean search?', COMMANDS, HELP],
  [
    "dlq lsit",
    'error: unknown command "dlq lsit". Did you mean dlq list?',
    "Commands: dlq list, dlq replay, dlq help.",
    "See log-vectorizer dlq --help.",
  ],
  [
    "help dlq lsit",
    'error: unknown command "dlq lsit". Did you mean dlq list?',
    "Commands: dlq list, dlq replay, dlq help.",
    "See log-vectorizer dlq --help.",
  ],
  [
    "check extra",
    'error: check takes no arguments, and was given "extra".',
    "See log-vectorizer check --help.",
  ],
  [
    "quarantine list x y",
    'error: quarantine list takes no arguments, and was given "x", "y".',
    "See log-vectorizer quarantine list --help.",
  ],
  [
    "similar app_1 7 8",
    'error: similar takes <index> <id> and no more, and was given "8" too.',
    "See log-vectorizer similar --help.",
  ],
  [
    "--once status",
    'error: run takes no arguments, and was given "status", which is a command of its own: log-vectorizer status.',
    RUN_HELP,
  ],
  ["--onec", "error: unknown option --onec. Did you mean --once?", RUN_HELP],
  [
    "--opensearch-hots x",
    "error: unknown option --opensearch-hots. Did you mean --opensearch-host?",
    RUN_HELP,
  ],
  [
    "check --jsno",
    "error: unknown option --jsno. Did you mean --json?",
    "See log-vectorizer check --help.",
  ],
  [
    "run --limit 3",
    "error: unknown option --limit. It is one of dlq list, quarantine list, search, similar, groups list, episodes, note list.",
    RUN_HELP,
  ],
  [
    "--limit 3 search foo",
    "error: unknown option --limit. It is one of dlq list, quarantine list, search, similar, groups list, episodes, note list.",
    `The options of a command follow its name. ${RUN_HELP}`,
  ],
  [
    "statistics compare --sample-size 20000",
    "error: option '--sample-size <number>' argument '20000' is invalid. Not a whole number from 1 to 10000.",
    HELP,
  ],
  [
    "check --openai-api-key=sk-0123456789",
    "error: unknown option --openai-api-key. OPENAI_API_KEY is a secret and has no flag: set it in the environment or in .env.",
    "See log-vectorizer check --help.",
  ],
  [
    "search -x",
    "error: unknown option -x.",
    "A text or an id that begins with a hyphen goes after all options and --. See log-vectorizer search --help.",
  ],
];

for (const [line, ...said] of MISTAKES) {
  test(`log-vectorizer ${line}: ${said[0]}`, async (t) => {
    const ended = await runVectorizer(t, line.split(" "));
    const whole = `${said.join("\n")}\n`.replace(COMMANDS, await commandsListed(t));
    assert.deepEqual([ended.code, ended.stdout, ended.stderr], [2, "", whole]);
  });
}

test("with --json a usage problem is one object on standard output", async (t) => {
  const ended = await runVectorizer(t, ["serach", "foo", "--json"]);
  assert.equal(ended.code, 2);
  assert.deepEqual(printedError(ended), {
    kind: "usage",
    message: 'error: unknown command "serach". Did you mean search?',
    hint: `${await commandsListed(t)}\n${HELP}`,
  });
});

test("help shows a command's options, at any depth", async (t) => {
  for (const [line, usage] of [
    ["help", /^Usage: log-vectorizer \[options\] \[command\]/],
    ["help status", /^Usage: log-vectorizer status \[options\]/],
    ["help dlq", /^Usage: log-vectorizer dlq \[options\] \[command\]/],
    ["help dlq list", /^Usage: log-vectorizer dlq list \[options\]/],
    ["dlq help replay", /^Usage: log-vectorizer dlq replay \[options\]/],
  ] as const) {
    const ended = await runVectorizer(t, line.split(" "));
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stdout, usage);
  }
});

async function commandsListed(t: TestContext): Promise<string> {
  const { stdout } = await runVectorizer(t, ["--help"]);
  const listed = stdout.slice(stdout.indexOf("\nCommands:\n"), stdout.indexOf("\nExamples:\n"));
  const names = [...listed.matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
  return `Commands: ${names.join(", ").replace("run,", "run (the default),")}.`;
}
