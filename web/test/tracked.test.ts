import { expect, test, vi } from "vitest";
import { elements, textOf } from "../files/html";
import { isText, kindOf, pieces, plain } from "../files/kinds";
import { besideOf, linkTo, unescaped } from "../files/Markdown";
import { notebook } from "../files/notebook";
import { begin } from "../files/text";
import { keptAt, quoted, type ModelVersion, type TrackedRun } from "../registry/calls";
import { differences, type Side } from "../registry/diff";
import { mlmodel } from "../registry/mlmodel";
import { filterOf } from "../registry/RegistryPage";

test.each([
  ["https://example.org/a?b#c", true],
  ["http://127.0.0.1/", true],
  ["mailto:a@b.c", true],
  ["#/assets/demand-model", true],
  ["javascript:alert(1)", false],
  ["JaVaScRiPt:alert(1)", false],
  ["java\nscript:alert(1)", false],
  [" javascript:alert(1)", false],
  ["\u0001javascript:alert(1)", false],
  ["data:text/html,<script>alert(1)</script>", false],
  ["vbscript:x", false],
  ["file:///etc/passwd", false],
  ["//example.org", false],
  ["plots/a.png", false],
  ["blob:x", false],
  ["", false],
])("A link to %j is taken: %s", (href, taken) => expect(linkTo(href)).toBe(taken ? href : null));

test.each([
  ["plots/roc.png", "plots/roc.png"],
  ["./roc.png", "roc.png"],
  ["a%20b.png", "a b.png"],
  ["日本/豆🫘.png", "日本/豆🫘.png"],
  ["../other/secret.png", null],
  ["%2e%2e/x.png", null],
  ["a/../../x.png", null],
  ["/x.png", null],
  ["https://example.org/x.png", null],
  ["data:image/png;base64,AA", null],
  ["javascript:x", null],
  ["a\\b.png", null],
  ["a.png?x=1", null],
  ["%", null],
  ["", null],
])("An image at %j is looked for at %j", (address, path) => expect(besideOf(address)).toBe(path));

test("Characters written by name or number are read, and nothing else", () =>
  expect(unescaped("a &lt;b&gt; &amp;amp; &#945;&#x3b2; &nosuch; &#0; &#xd800; &#x110000;")).toBe("a <b> &amp; αβ &nosuch; &#0; &#xd800; &#x110000;"));

test.each([
  ["model/MLmodel", "text"],
  ["a.CSV", "table"],
  ["x.parquet", "table"],
  ["n.ipynb", "notebook"],
  ["r.md", "markdown"],
  ["p.html", "frame"],
  ["p.SVG", "frame"],
  ["f.json", "json"],
  ["i.jpeg", "image"],
  ["m.onnx", "none"],
  ["d.pdf", "none"],
  [".gitignore", "text"],
  ["a.b/Dockerfile", "text"],
  ["log.txt", "text"],
])("%s is shown as %s", (path, kind) => expect(kindOf(path)).toBe(kind));

test("A file with a zero byte is no text", () =>
  expect([isText(new TextEncoder().encode("豆🫘")), isText(new Uint8Array([80, 0, 1])), isText(new Uint8Array())]).toEqual([true, false, true]));

test("A program's output loses its colours and nothing else", () => expect(plain("\u001b[0;31mKeyError\u001b[0m: [x]\u001b[1A")).toBe("KeyError: [x]"));

test("A notebook's cells are read with the richest output of each", () => {
  const [text, code] = notebook(
    JSON.stringify({
      nbformat: 4,
      cells: [
        { cell_type: "markdown", source: ["# A\n", "b"], attachments: { "x.png": { "image/png": "QUJD" } } },
        {
          cell_type: "code",
          execution_count: 3,
          source: "1",
          outputs: [
            { output_type: "stream", name: "stderr", text: ["warn\n"] },
            { output_type: "execute_result", data: { "text/plain": "1", "text/html": ["<b>1</b>"], "image/png": "QUJD\n" } },
            { output_type: "display_data", data: { "text/plain": "t", "text/html": "<i>h</i>" } },
            { output_type: "display_data", data: { "image/png": '" onerror="alert(1)', "text/plain": "p" } },
            { output_type: "error", ename: "E", evalue: "v", traceback: [] },
            { output_type: "nobody knows" },
            7,
          ],
        },
      ],
    }),
  );
  expect(text).toEqual({ kind: "markdown", text: "# A\nb", count: null, outputs: [], attachments: { "x.png": "data:image/png;base64,QUJD" } });
  expect(code!.count).toBe(3);
  expect(code!.outputs).toEqual([
    { is: "text", text: "warn\n", isError: true },
    { is: "image", source: "data:image/png;base64,QUJD" },
    { is: "html", html: "<i>h</i>" },
    { is: "text", text: "p", isError: false },
    { is: "text", text: "E: v", isError: true },
  ]);
  expect(() => notebook('{"nbformat": 4}')).toThrow();
  expect(() => notebook("not json")).toThrow();
});

const written = `artifact_path: model
flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.11.4
  sklearn:
    sklearn_version: 1.2.1
    code: null
mlflow_version: 3.11.0
signature:
  inputs: '[{"type": "double", "name": "price", "required": true}, {"type": "array", "items": {"type": "string"},
    "name": "tags", "required": false}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "float32", "shape": [-1, 1]}}]'
  params: '[{"name": "horizon", "type": "long", "default": 7, "shape": null}]'
utc_time_created: '2026-01-02 03:04:05.000000'
`;

test("An MLmodel tells what its model takes, gives and is run by", () => {
  const model = mlmodel(written);
  expect(model.inputs).toEqual([
    { name: "price", type: "double", isRequired: true },
    { name: "tags", type: "array<string>", isRequired: false },
  ]);
  expect(model.outputs).toEqual([{ name: "[0]", type: "tensor float32 [-1, 1]", isRequired: true }]);
  expect(model.params).toEqual([{ name: "horizon", type: "long", value: "7" }]);
  expect(model.flavours).toEqual([
    {
      name: "python_function",
      about: [
        ["loader_module", "mlflow.sklearn"],
        ["python_version", "3.11.4"],
      ],
    },
    { name: "sklearn", about: [["sklearn_version", "1.2.1"]] },
  ]);
  expect([model.mlflow, model.madeAt]).toEqual(["3.11.0", "2026-01-02 03:04:05.000000"]);
  for (const broken of ["a: [", "just words", "- a\n- b", "signature:\n  inputs: '[not json'"]) expect(() => mlmodel(broken), broken).toThrow();
});

const side = (version: string, of: { metric: number; param?: string; digest: string; commit: string; inputs: string }): Side => ({
  version: {
    name: "m",
    version,
    current_stage: "None",
    tags: [{ key: "team", value: "a" }],
    aliases: version === "2" ? ["champion"] : [],
  } as unknown as ModelVersion,
  run: {
    data: {
      metrics: [{ key: "mae", value: of.metric, timestamp: 1, step: 0 }],
      params: of.param === undefined ? [] : [{ key: "depth", value: of.param }],
      tags: [{ key: "mlflow.source.git.commit", value: of.commit }],
    },
    inputs: {
      dataset_inputs: [
        { dataset: { name: "sales", digest: "d1", source_type: "local", source: "x" }, tags: [{ key: "mlflow.data.context", value: "training" }] },
      ],
    },
  } as unknown as TrackedRun,
  model: mlmodel(`flavors: {onnx: {}}\nsignature:\n  inputs: '${of.inputs}'`),
  files: [
    { path: "model.onnx", bytes: 1, content: of.digest },
    { path: "MLmodel", bytes: 1, content: "same" },
  ],
});

test("Two versions differ in what one has and the other has not, or has otherwise", () => {
  const a = side("1", { metric: 2, digest: "aa", commit: "c1", inputs: '[{"type":"double","name":"x"}]' });
  const b = side("2", { metric: 1.5, param: "4", digest: "bb", commit: "c2", inputs: '[{"type":"long","name":"x"}]' });
  expect(differences(a, b)).toEqual([
    { part: "metrics", name: "mae", left: "2", right: "1.5" },
    { part: "params", name: "depth", left: null, right: "4" },
    { part: "signature", name: "→ x", left: "double", right: "long" },
    { part: "code", name: "commit", left: "c1", right: "c2" },
    { part: "tags", name: "aliases", left: "", right: "champion" },
    { part: "files", name: "model.onnx", left: "aa", right: "bb" },
  ]);
  expect(differences(a, a)).toEqual([]);
  expect(differences({ ...a, run: null, model: null, files: [] }, a).map(d => d.part)).toEqual([
    "metrics",
    "signature",
    "flavours",
    "datasets",
    "code",
    "files",
    "files",
  ]);
});

test.each([
  ["mlflow-artifacts:/0/r/artifacts", "0/r/artifacts"],
  ["mlflow-artifacts://host:1/0/r/", "0/r"],
  ["mlflow-artifacts:/", ""],
  ["s3://bucket/a", null],
  ["file:///x", null],
  ["/x", null],
])("Files at %s are kept at %j", (uri, path) => expect(keptAt(uri)).toBe(path));

test.each([
  ["", ""],
  ["  bean ", "name ILIKE '%bean%'"],
  ["it's", 'name ILIKE "%it\'s%"'],
  ["a'b\"c", null],
  ["tags.team = 'a'", "tags.team = 'a'"],
  ["tag.x = 'y'", "tag.x = 'y'"],
  ["name LIKE 'a%'", "name LIKE 'a%'"],
  ["named", "name ILIKE '%named%'"],
])("%j is looked for as %j", (text, filter) => expect(filterOf(text)).toBe(filter));

test("A name is quoted by the kind of quote it does not hold", () => expect([quoted("a"), quoted("a'"), quoted("a'\"")]).toEqual(["'a'", '"a\'"', null]));

const shape = (of: ReturnType<typeof elements>): string =>
  of.map(e => (typeof e === "string" ? e.trim() : `${e.name}${Object.keys(e.of).length ? JSON.stringify(e.of) : ""}(${shape(e.holds)})`)).join("");

test.each([
  ["<table border=1><tr><th>a<th>b<tr><td colspan='2'>1 &lt; 2</table>after", 'table(tr(th(a)th(b))tr(td{"colspan":"2"}(1 < 2)))after'],
  ["<p>one<p>two<br/>three", "p(one)p(twobr()three)"],
  ["<style>.x{}</style>a<script>alert('</b>')</script>b<SCRIPT src=x></SCRIPT >c<!-- <b>hid</b> -->d<!doctype html>e", "abcde"],
  ["<script>never closed <b>x</b>", ""],
  ["a<script/x>y</script>b", "ab"],
  ["<svg><a href='javascript:x'>y</a></svg>z", "z"],
  ["<!-- never closed <b>x</b>", ""],
  ['<img src=x onerror=alert(1) alt="a \'b">', 'img{"src":"x","alt":"a \'b"}()'],
  ["</b></p>x</div>", "x"],
  ["1 < 2 > 0", "1 < 2 > 0"],
  ["<ul><li>a<ul><li>b</ul><li>c</ul>", "ul(li(aul(li(b)))li(c))"],
  ["<table><tr><td><table><tr><td>in</table>out</table>", "table(tr(td(table(tr(td(in)))out)))"],
  ['<a title=">" href="javascript:alert(1)">x</a>', 'a{"href":"javascript:alert(1)"}(x)'],
])("The HTML %j is read as %j", (html, read) => expect(shape(elements(html))).toBe(read));

test("A long or deep HTML text is read to its end in good time", () => {
  expect(textOf({ name: "", of: {}, holds: elements("<div>".repeat(50_000) + "x") }).length).toBeLessThan(2);
  expect(elements("<b ".repeat(3000)).length).toBeLessThan(3);
  expect(elements("<p>x</p>".repeat(30_000)).length).toBe(20_000);
});

const beans = new TextEncoder().encode("豆🫘 and more");

test.each([
  ["an answer in ranges", 5, new Response(beans.slice(0, 5), { status: 206, headers: { "Content-Range": `bytes 0-4/${beans.length}` } }), "豆", false],
  ["a whole answer that is longer", 5, new Response(beans), "豆", false],
  ["a whole answer", 100, new Response(beans), "豆🫘 and more", true],
  [
    "a range that is all",
    100,
    new Response(beans, { status: 206, headers: { "Content-Range": `bytes 0-${beans.length - 1}/${beans.length}` } }),
    "豆🫘 and more",
    true,
  ],
  ["an empty file", 100, new Response("{}", { status: 416 }), "", true],
])("The beginning of a file is read from %s", async (_, most, answer, text, isWhole) => {
  const asked = vi.spyOn(globalThis, "fetch").mockResolvedValue(answer);
  expect(await begin("file", most, "en", new AbortController().signal)).toMatchObject({ text, isWhole, isText: true });
  expect(new Headers(asked.mock.calls[0]![1]!.headers).get("Range")).toBe(`bytes=0-${most - 1}`);
  asked.mockRestore();
});

test("Bytes that are no text are not read on, and a refusal is the server's sentence", async () => {
  const asked = vi.spyOn(globalThis, "fetch").mockResolvedValueOnce(new Response(new Uint8Array([1, 0, 2])));
  expect((await begin("file", 100, "en", new AbortController().signal)).isText).toBe(false);
  asked.mockResolvedValueOnce(new Response('{"message": "No such file."}', { status: 404 }));
  await expect(begin("file", 100, "en", new AbortController().signal)).rejects.toThrow("No such file.");
  asked.mockRestore();
});

test.each([
  ["", []],
  ["one", ["one"]],
  ["1\n2\n3\n4\n5", ["1\n2\n", "3\n4\n", "5"]],
  ["1\n2\n", ["1\n2\n"]],
  ["\n\n\n", ["\n\n", "\n"]],
])("The text %j is laid out in pieces", (text, cut) => expect(pieces(text, 2)).toEqual(cut));
