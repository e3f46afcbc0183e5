import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { readPath } from "../../domain/document.ts";
import { Fault } from "../../domain/faults.ts";
import type { SetupPlan, SetupStep, SchemaAdmin } from "../../ports/schema-admin.ts";
import type { Api } from "./api.ts";
import type { Wanted } from "./fitness.ts";
import { isNotOffered } from "./faults.ts";
import { includedPatterns, isNarrow, patternsOverlap } from "./globs.ts";
import {
  addedProperties,
  isWhole,
  missingProperties,
  vectorProperties,
  type VectorMapping,
} from "./mapping.ts";
import { planMemory } from "./memory/memory-setup.ts";
import { ownTemplate } from "./memory/own-indices.ts";
import { takeSurvey } from "./survey.ts";
import { createFailureAttribution } from "./failure-attribution.ts";

/** Name of the component template, and of the index template where no existing one covers the pattern. */
const NAME = "log-vectorizer";

type SetupDeps = {
  indexPattern: string;
  wanted: Wanted;
  vector: VectorMapping;
  timeoutMs: number;
  /** Of the node that previews name. */
  url: string;
  /** Makes the indices of the memory of errors too. */
  memory: boolean;
};

/** `put`: the step as the request that it is. */
type Plan = SetupPlan & {
  put(
    step: Omit<SetupStep, "preview" | "apply">,
    path: string,
    body: Record<string, unknown>,
  ): void;
};

/** What `init` does: mappings for existing indices, templates for future ones. */
export function createOpenSearchSetup(api: Api, deps: SetupDeps): SchemaAdmin {
  let known: readonly string[] = [];
  const attribution = createFailureAttribution(api, () => known, deps);
  const send = async (path: string, body: Record<string, unknown>, signal: AbortSignal) => {
    await api.send({ method: "PUT", path, body }, z.unknown(), signal);
  };
  return {
    async plan(signal) {
      const steps: SetupStep[] = [];
      const plan: Plan = {
        steps,
        notes: [],
        warnings: [],
        unfit: [],
        exactOnly: [],
        put: (step, path, body) =>
          steps.push({
            ...step,
            preview: curl(deps.url, path, body),
            async apply(stop) {
              try {
                await send(path, body, stop);
              } catch (error) {
                if (!(error instanceof Fault) || step.index === undefined) throw error;
                throw await attribution.attributeToIndex(step.index, error, stop);
              }
            },
          }),
      };
      known = await planIndices(api, deps, plan, signal);
      // Before a template of the pattern, which may cover the own indices too.
      if (deps.memory) await planMemory(api, plan, signal);
      try {
        await planComponent(api, deps, plan, signal);
        await planTemplates(api, deps, plan, signal);
      } catch (error) {
        if (!isNotOffered(error)) throw error;
        plan.warnings.push(
          `templates cannot be read here (${error.message}): new indices get their mapping from the daemon`,
        );
      }
      return plan;
    },
  };
}

function curl(url: string, path: string, content: Record<string, unknown>): string {
  const body = JSON.stringify(content).replaceAll("'", String.raw`'\''`);
  return `curl -X PUT '${url}${path}' -H 'Content-Type: application/json' -d '${body}'`;
}

/** Plans the mappings; returns the names of the fit indices. */
async function planIndices(
  api: Api,
  deps: SetupDeps,
  plan: Plan,
  signal: AbortSignal,
): Promise<string[]> {
  const { indexPattern, vector } = deps;
  const wanted: Wanted = { ...deps.wanted, mapping: "auto" };
  const { survey, shapes } = await takeSurvey(api, indexPattern, wanted, signal);
  plan.unfit = survey.unfit;
  plan.exactOnly = survey.fit.filter((f) => f.search === "exact").map(({ index }) => index);
  const mapped = survey.fit.filter((index) => index.mapped).length;
  if (mapped > 0)
    plan.notes.push(`${mapped} of ${survey.fit.length} fit indices are mapped already`);
  for (const { index } of survey.fit) {
    const shape = shapes.get(index);
    if (!shape || (shape.mapped && isWhole(shape))) continue;
    const properties = shape.mapped ? addedProperties(vector) : missingProperties(shape, vector);
    const what = Object.keys(properties).join(" and ");
    const description = shape.mapped
      ? `map what signs stamps, says what marks rest on and names groups in ${what} of ${index}`
      : `map ${what} in ${index}`;
    const step = { id: `mapping ${index}`, description, index, needsConsent: false };
    plan.put(step, `/${encodeURIComponent(index)}/_mapping`, { properties });
  }
  return [...shapes.keys()];
}

const looseObject = z.record(z.string(), z.unknown());
const componentsShape = z.object({
  component_templates: z
    .array(
      z.object({
        name: z.string(),
        component_template: z.object({ template: looseObject }),
      }),
    )
    .default([]),
});

/** The HNSW method needs `index.knn`; without it the creation of a user's index would fail. */
async function planComponent(api: Api, { vector }: SetupDeps, plan: Plan, signal: AbortSignal) {
  const mappings = { properties: vectorProperties(vector, true) };
  const template = { settings: { index: { knn: true } }, mappings };
  const path = "/_component_template";
  const all = await api.send({ method: "GET", path }, componentsShape, signal);
  const existing = all.component_templates.find(({ name }) => name === NAME)?.component_template;
  if (existing && asText(existing.template["mappings"]) === asText(mappings)) {
    plan.notes.push(`component template ${NAME} is there already`);
    return;
  }
  const description = `${existing ? "renew" : "create"} component template ${NAME}`;
  const step = { id: "component template", description, needsConsent: false };
  plan.put(step, `${path}/${NAME}`, { template });
}

/** For comparison: OpenSearch returns keys in another order, scalars as text, and defaults added. */
function asText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(asText).join()}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(String(value));
  const entries = Object.entries(value)
    .filter(([key, inner]) => !(key === "parameters" && isDeepStrictEqual(inner, {})))
    .filter(([key, inner]) => !(key === "type" && inner === "object"))
    .map(([key, inner]) => `${JSON.stringify(key)}:${asText(inner)}`);
  return `{${entries.toSorted((a, b) => (a < b ? -1 : 1)).join()}}`;
}

const templatesShape = z.object({
  index_templates: z
    .array(
      z.object({
        name: z.string(),
        index_template: z.looseObject({
          index_patterns: z.array(z.string()),
          composed_of: z.array(z.string()).default([]),
          template: z
            .looseObject({
              mappings: z.looseObject({ properties: looseObject.optional() }).optional(),
            })
            .optional(),
        }),
      }),
    )
    .default([]),
});
type IndexTemplate = z.infer<typeof templatesShape>["index_templates"][number];
const legacyShape = z.record(z.string(), z.looseObject({ index_patterns: z.array(z.string()) }));

async function planTemplates(api: Api, deps: SetupDeps, plan: Plan, signal: AbortSignal) {
  const { indexPattern, vector } = deps;
  const patterns = includedPatterns(indexPattern);
  const covers = (theirs: readonly string[]) =>
    theirs.some((t) => !t.startsWith(".") && patterns.some((p) => patternsOverlap(t, p)));
  const composable = await api.send(
    { method: "GET", path: "/_index_template" },
    templatesShape,
    signal,
  );
  const legacy = await api.send({ method: "GET", path: "/_template" }, legacyShape, signal);
  const templates = composable.index_templates.filter(
    ({ name, index_template: { index_patterns: theirs } }) =>
      name !== ownTemplate() && covers(theirs),
  );
  const legacyNames = Object.entries(legacy)
    .filter(([, { index_patterns: theirs }]) => covers(theirs))
    .map(([name]) => name);
  for (const template of templates) planComposedOf(template, vector, plan);
  for (const name of legacyNames) {
    plan.warnings.push(
      `legacy template ${name} covers the pattern and cannot take a component template; new indices get their mapping from the daemon and are searched exactly`,
    );
  }
  if (templates.length === 0 && legacyNames.length === 0) planOwnTemplate(patterns, plan);
}

function planComposedOf(
  { name, index_template: template }: IndexTemplate,
  vector: VectorMapping,
  plan: Plan,
) {
  if (template.composed_of.includes(NAME)) {
    plan.notes.push(`index template ${name} is composed of ${NAME} already`);
    return;
  }
  if (template.template?.mappings?.properties?.[vector.field]) {
    plan.notes.push(`index template ${name} maps ${vector.field} itself and is left as it is`);
    return;
  }
  if (setsDerivedSource(template)) {
    plan.warnings.push(
      `index template ${name} sets index.derived_source.enabled, under which OpenSearch maps no vector: its indices are skipped`,
    );
    return;
  }
  // First in the list, so that the user's own components override it.
  const body = { ...template, composed_of: [NAME, ...template.composed_of] };
  const description = `add ${NAME} to composed_of of index template ${name}`;
  const step = { id: `index template ${name}`, description, needsConsent: true };
  plan.put(step, `/_index_template/${encodeURIComponent(name)}`, body);
}

/** The setting may be one path or nested. */
function setsDerivedSource({ template }: IndexTemplate["index_template"]): boolean {
  const settings = template?.["settings"];
  const paths = ["index.derived_source.enabled", "derived_source.enabled"];
  return paths.some((path) => asText(readPath(settings, path)) === '"true"');
}

/** Only where no other template covers the pattern and the pattern is narrow enough to match no foreign index. */
function planOwnTemplate(patterns: readonly string[], plan: Plan) {
  const wild = patterns.filter((pattern) => pattern.includes("*"));
  const narrow = wild.filter(isNarrow);
  for (const pattern of wild.filter((p) => !isNarrow(p))) {
    plan.warnings.push(
      `no index template covers ${pattern}, and it is too wide for one of ours: new indices get their mapping from the daemon and are searched exactly`,
    );
  }
  if (narrow.length === 0) return;
  const body = { index_patterns: narrow, composed_of: [NAME], priority: 0 };
  const description = `create index template ${NAME} for ${narrow.join(", ")}, which no template covers`;
  const step = { id: `index template ${NAME}`, description, needsConsent: true };
  plan.put(step, `/_index_template/${NAME}`, body);
}
