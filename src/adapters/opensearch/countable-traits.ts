import { asText } from "../../domain/document.ts";
import { isSeverityNumber, severityName } from "../../domain/severity.ts";
import type { Span, StatisticsScope, Traits } from "../../ports/record-statistics.ts";
import { countedName } from "./counts.ts";
import type { FoundField } from "./fields.ts";
import { groupByTraits, type IndexShape, type Query } from "./index-shape.ts";
import { anyOf, shownBy, valueQuery } from "./queries.ts";

/** Alike indices whose records can be counted by level and service, and those that are left out. */
export function countableByTraits(
  shapes: readonly IndexShape[],
  scope: StatisticsScope,
): { groups: IndexShape[][]; leftOut: { index: string; reason: string }[] } {
  const reasons = shapes.map((shape) => objectionTo(shape, scope));
  return {
    groups: groupByTraits(shapes.filter((_, i) => reasons[i] === undefined)),
    leftOut: shapes.flatMap(({ index }, i) => {
      const reason = reasons[i];
      return reason === undefined ? [] : [{ index, reason }];
    }),
  };
}

/** A field that cannot be counted would leave its values out silently, so the whole index is left out. */
function objectionTo(shape: IndexShape, { project }: StatisticsScope): string | undefined {
  if (!shape.timestampField) return "no date to filter by";
  if (project !== undefined && !valueQuery(shape.projects, [project])) {
    return "no field PROJECT_FIELD to filter by";
  }
  const level = shape.levels.find((field) => fieldToCount(field) === undefined);
  if (level) return uncountable(level, "LEVEL_FIELD");
  const service = shape.services.find((field) => fieldToCount(field) === undefined);
  return service && uncountable(service, "SERVICE_FIELD");
}

function uncountable({ name, type }: FoundField, setting: string): string {
  return `the values of ${name} (${type}) cannot be counted; ${setting} can name another field`;
}

function fieldToCount(field: FoundField): string | undefined {
  return field.nested === undefined && !field.derived ? countedName(field) : undefined;
}

/** The fields by whose doc values the traits of a record are read: those of the level first. */
export type TraitFields = { levels: string[]; services: string[]; levelNames: string[] };

export function traitFields({ levels, services }: IndexShape): TraitFields {
  const named = (fields: readonly FoundField[]) =>
    fields.flatMap((field) => fieldToCount(field) ?? []);
  return {
    levels: named(levels),
    services: named(services),
    levelNames: levels.map(({ name }) => name),
  };
}

/** The first of the level fields that is not blank, and the first of the service fields; values in the order of the fields. */
export function traitsIn(values: readonly unknown[], { levels, levelNames }: TraitFields): Traits {
  const told = values.map(asText);
  const level = levels
    .map((_, i) => {
      const text = (told[i] ?? "").trim();
      return (isSeverityNumber(levelNames[i] ?? "") ? severityName(text) : text).toUpperCase();
    })
    .find(Boolean);
  const service = told.slice(levels.length).find((text) => text.trim() !== "");
  return {
    ...(level === undefined ? {} : { level }),
    ...(service === undefined ? {} : { service }),
  };
}

/** The records of a scope in alike indices. */
export function scopeQuery(shape: IndexShape, { within, project }: StatisticsScope): Query[] {
  const ofProject = project === undefined ? undefined : valueQuery(shape.projects, [project]);
  return [spanQuery(shape, within), ...(ofProject ? [ofProject] : []), ...shownBy(shape)];
}

export function spanQuery({ timestampField = "" }: IndexShape, { from, to }: Span): Query {
  return { range: { [timestampField]: { gte: from, lt: to, format: "epoch_millis" } } };
}

/** No span: no record. */
export function anySpanQuery(shape: IndexShape, spans: readonly Span[]): Query {
  return spans.length === 0
    ? { match_none: {} }
    : anyOf(spans.map((span) => spanQuery(shape, span)));
}
