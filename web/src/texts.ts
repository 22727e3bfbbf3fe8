import { createContext } from "preact";
import { useContext } from "preact/hooks";
import shared from "../../src/1-ground/Messages/texts/page.json";
import rooms from "../../src/1-ground/Messages/texts/page-rooms.json";

/** What the pages say: the files of the catalogue whose entries begin with "page.". */
export const catalogue = { ...shared, ...rooms };

export type Language = "en" | "ja";
export type TextId = keyof typeof catalogue;
export type Say = (id: TextId, values?: Record<string, string | number>) => string;

/** The text for a name that may have none, such as a metric's. */
export function knownText(id: string, language: Language): string | null {
  return id in catalogue ? catalogue[id as TextId][language] : null;
}

/** A text of the catalogue with its holes filled. */
export function sayIn(language: Language): Say {
  return (id, values = {}) => filled(catalogue[id][language], values);
}

/** A text with its holes filled; one without a value stays visible. */
export function filled(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

const remembered = "kumiki.language";

/** The language chosen before, else the browser's, else English. */
export function firstLanguage(): Language {
  const wanted = localStorage.getItem(remembered) ?? navigator.languages.find(l => /^(en|ja)\b/.test(l)) ?? "en";
  return wanted.startsWith("ja") ? "ja" : "en";
}

export function rememberLanguage(language: Language): void {
  localStorage.setItem(remembered, language);
}

export const Speaking = createContext<Language>("en");

export function useLanguage(): Language {
  return useContext(Speaking);
}

export function useSay(): Say {
  return sayIn(useLanguage());
}
