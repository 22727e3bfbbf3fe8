import { defineConfig } from "vite";
import page from "../src/1-ground/Messages/texts/page.json" with { type: "json" };

const withoutScript = page["page.noscript"];

// One script and one style, their digests in their names: the server lets browsers keep them for ever.
export default defineConfig({
  base: "./",
  build: { target: "es2022", modulePreload: false, assetsInlineLimit: 0, reportCompressedSize: false },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [{ name: "texts", transformIndexHtml: html => html.replace("%noscript%", `${withoutScript.en}<br />${withoutScript.ja}`) }],
  server: { fs: { allow: [".."] }, proxy: { "/api": "http://127.0.0.1:5080", "/ajax-api": "http://127.0.0.1:5080", "/v2": "http://127.0.0.1:5080" } },
});
