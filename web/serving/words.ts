import texts from "../../src/1-ground/Messages/texts/page-serving.json";
import { filled, useLanguage, type Language } from "../src/texts";

// Loaded with the pages of endpoints, predictions and models in memory.
export type WordId = keyof typeof texts;
export type Words = (id: WordId, values?: Record<string, string | number>) => string;

export function wordsIn(language: Language): Words {
  return (id, values = {}) => filled(texts[id][language], values);
}

export function useWords(): Words {
  return wordsIn(useLanguage());
}
