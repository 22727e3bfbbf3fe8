import { useWords } from "../words";

/** Links to the pages that a version holds as files; the server shows them in a sandbox. */
export function Pages({ version, pages }: { version: string; pages: string[] }) {
  const words = useWords();
  if (pages.length === 0) return null;
  const folder = `api/versions/${version.split("@").map(encodeURIComponent).join("/")}/pages/`;
  return (
    <p class="after">
      {pages.map(p => (
        <>
          <a key={p} href={folder + p.split("/").map(encodeURIComponent).join("/")} target="_blank" rel="noopener">
            {words(p.endsWith("card.html") ? "testing.card" : "page.report.stored")}
          </a>
          {" · "}
        </>
      ))}
      <span class="quiet">{words("page.report.sandbox")}</span>
    </p>
  );
}
