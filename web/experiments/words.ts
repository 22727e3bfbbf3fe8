import texts from "../../src/1-ground/Messages/texts/page-experiments.json";
import { filled, useLanguage, type Language } from "../src/texts";

export type WordId = keyof typeof texts;
export type Words = (id: WordId, values?: Record<string, string | number>) => string;

export function wordsIn(language: Language): Words {
  return (id, values = {}) => filled(texts[id][language], values);
}

/** What the pages of experiments say; loaded with them. */
export function useWords(): Words {
  return wordsIn(useLanguage());
}
