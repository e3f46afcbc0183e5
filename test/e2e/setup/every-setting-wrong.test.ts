import assert from "node:assert/strict";
import { test } from "node:test";
import { SETTING_NAMES, SETTINGS, type SettingName } from "../../../src/config/settings.ts";
import { printedError } from "../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../support/commands/run-command.ts";

/** What people write by mistake; the last of them, which would colour the terminal, fits no setting. */
const MISTAKES = ["-5", "sometimes", "http:/no host:99999", "a b,*", "\u001B[31mred"];

function wrongValue(name: SettingName, secret: boolean): string {
  const fits = (text: string) => SETTINGS[name].kind.schema.safeParse(text).success;
  const wrong = secret ? `${name}-is-secret\u001B[31m` : MISTAKES.find((text) => !fits(text));
  assert.ok(wrong !== undefined && !fits(wrong), `nothing is wrong for ${name}`);
  return wrong;
}

const settings = SETTING_NAMES.map((name) => {
  const secret = "secret" in SETTINGS[name];
  return { name, secret, value: wrongValue(name, secret) };
});
const env = Object.fromEntries(settings.map(({ name, value }) => [name, value]));

for (const args of [[], ["--once"], ["tail"], ["worker"], ["status"], ["check"]]) {
  test(`every setting is wrong: ${args.join(" ") || "the daemon"} names each of them in one run`, async (t) => {
    const ended = await runVectorizer(t, args, { env });

    assert.equal(ended.code, 2, ended.stderr);
    assert.equal(ended.stdout, "");
    const lines = ended.stderr.split("\n");
    for (const { name, secret, value } of settings) {
      const about = lines.filter((line) => line.startsWith(`  ${name}: `));
      assert.equal(about.length, 1, `${name} is named ${about.length} times:\n${ended.stderr}`);
      assert.match(about[0] ?? "", secret ? /expected a/ : /expected /, name);
      if (secret)
        assert.ok(!ended.stderr.includes(value.slice(0, name.length + 3)), `${name} is shown`);
    }
    assertReadable(ended.stderr);
  });
}

test("every setting is wrong: --json says it all in one object", async (t) => {
  const ended = await runVectorizer(t, ["--once", "--json"], { env });

  assert.equal(ended.code, 2);
  const { message } = printedError(ended);
  const named = settings.filter(({ name }) => message.includes(`${name}: `));
  assert.deepEqual(
    named.map(({ name }) => name),
    SETTING_NAMES,
  );
  assertReadable(ended.stdout);
});

function assertReadable(printed: string): void {
  assert.ok(!printed.includes("\u001B"), "an escape sequence reaches the terminal");
  assert.doesNotMatch(printed, /\n {4}at |\.ts:\d+|ZodError/, "a stack trace");
}
