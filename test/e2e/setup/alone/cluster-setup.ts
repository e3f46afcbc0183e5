import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { z } from "zod";
import type { OpenSearchVersion } from "../../../../scripts/local-servers/opensearch.ts";
import { openFixture } from "../../../support/servers/open-search-fixture.ts";
import type { OpenSearchFixture } from "../../../support/servers/open-search-fixture.ts";
import { initAnswerShape } from "../../../../src/cli/init.ts";
import { printedAnswer } from "../../../support/asserts/printed-json.ts";
import { runVectorizer } from "../../../support/commands/run-command.ts";

/** Of the component template, and of the index template where nobody else's covers the pattern. */
export const NAME = "log-vectorizer";

/** Templates of ours are one for the whole cluster: away with them before and after. */
export async function cleanFixture(t: TestContext, version: OpenSearchVersion) {
  const fixture = await openFixture(t, version);
  const clean = async () => {
    for (const path of [
      `/_data_stream/${fixture.prefix}*`,
      `/_index_template/${fixture.prefix}*`,
      `/_index_template/${NAME}*`,
      `/_component_template/${NAME}*`,
    ]) {
      // What is not there need not be removed.
      await fixture.send("DELETE", path).catch(() => undefined);
    }
  };
  await clean();
  t.after(clean);
  return fixture;
}

export async function init(
  t: TestContext,
  { env }: OpenSearchFixture,
  flags: readonly string[] = [],
) {
  const ended = await runVectorizer(t, ["init", "--json", ...flags], { env });
  assert.equal(ended.code, 0, `${ended.stdout}${ended.stderr}`);
  return printedAnswer(ended, initAnswerShape);
}

export function resultsOf({ steps }: z.infer<typeof initAnswerShape>): string[] {
  return steps.map(({ result }) => result);
}

export async function putTemplate(
  fixture: OpenSearchFixture,
  short: string,
  template: Record<string, unknown>,
): Promise<string> {
  const name = fixture.name(short);
  const body = { index_patterns: [fixture.pattern], priority: 5, template };
  await fixture.send("PUT", `/_index_template/${name}`, body);
  return name;
}

const templatesShape = z.object({
  index_templates: z.array(
    z.object({ name: z.string(), index_template: z.record(z.string(), z.unknown()) }),
  ),
});

async function templates({ send }: OpenSearchFixture) {
  return templatesShape.parse(await send("GET", "/_index_template")).index_templates;
}

export async function templateNamed(fixture: OpenSearchFixture, wanted: string) {
  return (await templates(fixture)).find(({ name }) => name === wanted)?.index_template;
}

export async function ownIndexTemplate(fixture: OpenSearchFixture) {
  return (await templates(fixture)).filter(({ name }) => name === NAME);
}

/** Mappings, settings and templates of everything, which is all that a plan could touch. */
export async function clusterMetadata({ send }: OpenSearchFixture): Promise<unknown> {
  const { metadata } = await send("GET", "/_cluster/state/metadata?filter_path=metadata");
  const parsed = z
    .object({ indices: z.unknown(), templates: z.unknown() })
    .catchall(z.unknown())
    .parse(metadata);
  const { indices, templates: legacy, component_template, index_template } = parsed;
  return { indices, legacy, component_template, index_template };
}

const mappingShape = z.record(
  z.string(),
  z.object({
    mappings: z.object({
      properties: z
        .object({
          log_vector: z.object({
            type: z.literal("knn_vector"),
            dimension: z.number(),
            method: z.looseObject({ engine: z.string() }).optional(),
          }),
          log_vector_meta: z.object({ dynamic: z.literal("false") }),
        })
        .partial(),
    }),
  }),
);

export async function vectorMapping({ send }: OpenSearchFixture, index: string) {
  const [found] = Object.values(mappingShape.parse(await send("GET", `/${index}/_mapping`)));
  return found?.mappings.properties.log_vector;
}
