import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { openAlertRoutes } from "../../../../src/app/parts/alert-routes.ts";
import { ConfigError } from "../../../../src/config/problems.ts";

async function read(t: TestContext, content: string) {
  const folder = mkdtempSync(join(tmpdir(), "alert-routes-"));
  t.after(() => rmSync(folder, { recursive: true }));
  const routesFile = join(folder, "routes.yaml");
  writeFileSync(routesFile, content);
  const alerts = {
    slackUrl: "https://hooks.example.com/x",
    afterMs: 1,
    reminderMs: 1,
    perHour: 1,
    errors: { language: "en" as const, text: "template" as const, routesFile },
  };
  return openAlertRoutes({ alerts });
}

const YAML = `
time_zone: Asia/Seoul
quiet_hours:
  - { from: "22:00", to: "07:00" }
routes:
  - { services: [a], channels: [slack] }
`;

test("YAML and JSON of one content are read alike, and an empty file says nothing", async (t) => {
  const fromYaml = await read(t, YAML);
  assert.equal(fromYaml.time_zone, "Asia/Seoul");
  const { routes, quiet_hours, time_zone } = fromYaml;
  assert.deepEqual(await read(t, JSON.stringify({ routes, quiet_hours, time_zone })), fromYaml);
  assert.deepEqual(await read(t, ""), await openAlertRoutes({ alerts: undefined }));
});

for (const [what, content, says] of [
  ["no YAML", "a: [1,", /cannot be read as YAML or JSON: .* at line 1/],
  ["a list", "- a", /expected object/],
  ["a word too much", "route: []", /Unrecognized key: "route"/],
  ["a wrong channel", "routes: [{ channels: [pager] }]", /routes\[0\]\.channels\[0\]: .*"slack"/],
  [
    "a channel that is not set",
    "routes: [{ channels: [email] }]",
    /email is no channel here; set ALERT_SMTP_URL/,
  ],
  [
    "a time that is none",
    'quiet_hours: [{ from: "7", to: "8" }]',
    /quiet_hours\[0\]\.from: expected a time/,
  ],
] as const) {
  test(`a file of routes with ${what} is refused with the setting, the place and the reason`, async (t) => {
    await assert.rejects(read(t, content), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.lines.join("\n"), /^ALERT_ROUTES_FILE: ".*routes\.yaml", but /);
      assert.match(error.lines.join("\n"), says);
      return true;
    });
  });
}
