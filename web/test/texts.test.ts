import { expect, test } from "vitest";
import experiments from "../../src/1-ground/Messages/texts/page-experiments.json";
import registry from "../../src/1-ground/Messages/texts/page-registry.json";
import serving from "../../src/1-ground/Messages/texts/page-serving.json";
import views from "../../src/1-ground/Messages/texts/page-views.json";
import { tablesOf } from "../assets/Schema";
import { kebab } from "../src/parts";
import { catalogue as shared, sayIn } from "../src/texts";

const catalogue = { ...shared, ...views, ...experiments, ...registry, ...serving };
const source = Object.values(import.meta.glob<string>(["../{src,overview,plan,api,schedules,graph,assets,runs,releases,experiments,tracking,registry,serving,files}/**/*.{ts,tsx}", "../vite.config.ts"], { query: "?raw", import: "default", eager: true })).join("\n");

test("Every text of the catalogue is said somewhere, and every text said is in it", () => {
  const literal = new Set([...source.matchAll(/"(page\.[a-z0-9.-]+)"/g)].map(m => m[1]!));
  const made = [...source.matchAll(/`(page\.[^`]+)`/g)].map(m => new RegExp(`^${m[1]!.replaceAll(".", "\\.").replace(/\$\{[^}]*\}/g, "[a-z0-9-]+")}$`));
  expect([...literal].filter(id => !(id in catalogue))).toEqual([]);
  expect(Object.keys(catalogue).filter(id => !literal.has(id) && !made.some(m => m.test(id)))).toEqual([]);
});

test("Holes are filled, and one without a value stays visible", () => {
  expect(sayIn("en")("page.release.number", { number: 3 })).toBe("Release 3");
  expect(sayIn("ja")("page.release.number", { number: 3 })).toBe("リリース 3");
  expect(sayIn("en")("page.release.number")).toBe("Release {number}");
});

test("Names of the API become names of the catalogue", () => expect([kebab("searchIndex"), kebab("upToDate"), kebab("model")]).toEqual(["search-index", "up-to-date", "model"]));

test("Lists of named things in a schema become tables with every column", () => {
  expect(tablesOf({ columns: [{ name: "week", type: "date" }, { name: "units", type: "int", nullable: true }], version: 1 })).toEqual([
    { name: "columns", columns: ["name", "type", "nullable"], rows: [{ name: "week", type: "date" }, { name: "units", type: "int", nullable: true }] },
  ]);
  expect(tablesOf({ anything: 1 })).toEqual([]);
});
