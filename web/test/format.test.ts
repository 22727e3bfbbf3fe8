import { expect, test } from "vitest";
import { bytes, duration, figure, range, shortDigest } from "../src/format";

test.each([
  [0, "0"], [14.31, "14.31"], [11.8720000001, "11.872"], [8320, "8,320"], [199480, "199,480"], [1234567.891, "1,234,567.89"], [0.00001234, "1.234e-5"], [5e12, "5.000e12"], [-0.25, "-0.25"],
  ["NaN" as const, "NaN"], ["-Infinity" as const, "-∞"],
])("%s reads %s", (value, text) => expect(figure(value, "en")).toBe(text));

test.each([
  [0.00038, "0 ms"], [0.38, "380 ms"], [0.9996, "1 sec"], [2.1, "2.1 sec"], [37.4, "37.4 sec"], [59.96, "1 min"], [61.2, "1 min 1 sec"], [300, "5 min"], [11040, "3 hr 4 min"], [190800, "2 days 5 hr"],
])("%s seconds last %s", (seconds, text) => expect(duration(seconds, "en")).toBe(text));

test("Durations and sizes have Japanese units in Japanese", () => {
  expect(duration(61.2, "ja")).toBe("1 分 1 秒");
  expect(bytes(91_204, "ja")).toBe("91.2 KB");
});

test.each([[0, "0 bytes"], [1, "1 byte"], [999, "999 bytes"], [4120, "4.1 kB"], [91_204, "91.2 kB"], [999_600, "1 MB"], [1_400_000, "1.4 MB"], [25_282_977_792, "25.3 GB"]])("%s bytes are %s", (value, text) =>
  expect(bytes(value, "en")).toBe(text));

test("A range says what is bounded", () => {
  expect([range(1, 500, "en"), range(1, null, "en"), range(null, 0.5, "en"), range(null, null, "en")]).toEqual(["1 … 500", "≥ 1", "≤ 0.5", ""]);
});

test("A digest is cut to twelve digits", () => expect(shortDigest("0123456789abcdef")).toBe("0123456789ab"));
