import texts from "../../src/1-ground/Messages/texts/page-registry.json";
import { useLanguage, type Language } from "../src/texts";

// Loaded with the pages of tracked runs, their files and the registry.
export type WordId = keyof typeof texts;
export type Words = (id: WordId, values?: Record<string, string | number>) => string;

export function wordsIn(language: Language): Words {
  return (id, values = {}) => texts[id][language].replace(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole));
}

export function useWords(): Words {
  return wordsIn(useLanguage());
}
