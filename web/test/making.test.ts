import { expect, test } from "vitest";
import { askedOf, changed, commandOf, faultOf, nothingChosen, versionsOf } from "../assets/making";
import type { Neighbour, Parameter } from "../src/api";

const parameter = (type: Parameter["type"], value: string, more: Partial<Parameter> = {}): Parameter =>
  ({ name: type, value, isSet: false, min: null, max: null, type, options: [], inUse: null, ...more });

test("What is typed is held against the parameter's type and range", () => {
  const rounds = parameter("integer", "300", { min: 1, max: 5000 });
  expect(["1", " 5000 ", "0", "5001", "1.5", "", "many", "1e3"].map(t => faultOf(rounds, t))).toEqual([
    null, null, "page.make.fault.range", "page.make.fault.range", "page.make.fault.integer", "page.make.fault.integer", "page.make.fault.integer", "page.make.fault.integer",
  ]);
  const rate = parameter("number", "0.05", { min: 0 });
  expect(["0.1", "1e-3", ".5", "-0.1", "1,5", "Infinity", "0x10", ""].map(t => faultOf(rate, t))).toEqual([
    null, null, null, "page.make.fault.range", "page.make.fault.number", "page.make.fault.number", "page.make.fault.number", "page.make.fault.number",
  ]);
  expect([faultOf(parameter("choice", "A", { options: ["A", "B"] }), "C"), faultOf(parameter("bool", "true"), "yes"), faultOf(parameter("text", ""), "anything")]).toEqual([
    "page.make.fault.choice", "page.make.fault.choice", null,
  ]);
});

test("Only values that differ are asked for, and a number may be written in other ways", () => {
  const parameters = [parameter("integer", "300"), parameter("number", "0.05"), parameter("text", "kobe")];
  expect(changed(parameters, { integer: "300 ", number: "5e-2", text: "kobe" })).toEqual({});
  expect(changed(parameters, { integer: "500", text: "kobe " })).toEqual({ integer: "500", text: "kobe " });
});

test("A form becomes a request and the command that asks for the same", () => {
  const asset = { parameters: [parameter("integer", "300"), parameter("text", "kobe")] };
  const asked = askedOf(asset, { ...nothingChosen, values: { integer: "500", text: "it's" }, inputs: { sales: "3", goal: "" }, upstream: true, stage: true, seed: "7" });
  expect(asked).toEqual({ set: { integer: "500", text: "it's" }, use: ["sales@3"], upstream: true, stage: true, seed: 7 });
  expect(commandOf("demand-model", asked)).toBe("kumiki make demand-model --set integer=500 --set 'text=it'\\''s' --use sales@3 --upstream --stage --seed 7");
  expect(askedOf(asset, nothingChosen)).toEqual({});
});

test("Several members are one request, which no single command is", () => {
  expect(commandOf("stock.kobe", askedOf({ parameters: [] }, { ...nothingChosen, members: "some", some: ["stock.nara"] }))).toBeNull();
  expect(askedOf({ parameters: [] }, { ...nothingChosen, members: "all", some: ["stock.nara"] })).toEqual({ family: true });
});

test("An input's versions are named once each, newest first", () => {
  const sales = { staging: 3, production: 2, newest: 3 } as Neighbour;
  expect(versionsOf(sales)).toEqual([{ number: 3, is: ["staging", "newest"] }, { number: 2, is: ["production"] }]);
});
