import { expect, test } from "vitest";
import { byTag, filled, typeOf, type OpenApi } from "../api/document";

const document: OpenApi = {
  info: { title: "Kumiki", version: "v1" },
  paths: { "/api/runs": { get: { tags: ["runs"] } }, "/api/stages": { post: { tags: ["releases"] } }, "/api/runs/{id}": { get: { tags: ["runs"] } } },
  components: {
    schemas: {
      RunList: { type: "object", required: ["runs"], properties: { runs: { type: "array", items: { $ref: "#/components/schemas/RunId" } }, next: { oneOf: [{ type: "null" }, { $ref: "#/components/schemas/RunId" }] } } },
      RunId: { type: "string" },
      Tree: { type: "object", required: ["of"], properties: { of: { type: "array", items: { $ref: "#/components/schemas/Tree" } } } },
      State: { enum: ["made", "failed", null] },
    },
  },
};
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

test("Addresses stand by their tags", () =>
  expect(byTag(document).map(([tag, all]) => `${tag}: ${all.map(a => `${a.method} ${a.path}`).join(", ")}`)).toEqual(["runs: GET /api/runs, GET /api/runs/{id}", "releases: POST /api/stages"]));

test.each([
  [ref("RunList"), "{\n  runs: string[]\n  next?: string | null\n}"],
  [ref("Tree"), "{\n  of: Tree[]\n}"],
  [ref("State"), '"made" | "failed" | null'],
  [{ type: "array", items: ref("State") }, '("made" | "failed" | null)[]'],
  [{ type: ["null", "string"], format: "date-time" }, "string (date-time) | null"],
  [{ type: "object", additionalProperties: { type: "number" } }, "{ [name]: number }"],
])("A schema reads as a type", (schema, type) => expect(typeOf(schema, document)).toBe(type));

test("An address is filled with what was given", () => {
  const parameters = [{ name: "asset", in: "path" }, { name: "path", in: "path" }, { name: "limit", in: "query" }];
  expect(filled("/api/{asset}/files/{path}", parameters, { asset: "a b", path: "rows/1.parquet", limit: "5" })).toBe("/api/a%20b/files/rows/1.parquet?limit=5");
  expect(filled("/api/{asset}", parameters, {})).toBe("/api/{asset}");
});
