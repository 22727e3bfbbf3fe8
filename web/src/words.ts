import analysis from "../../src/1-ground/Messages/texts/analysis.json";
import views from "../../src/1-ground/Messages/texts/page-views.json";
import testing from "../../src/1-ground/Messages/texts/testing.json";
import { filled, useLanguage, type Language } from "./texts";

// Loaded with the pages that say them: reports, thresholds and boards share their words with the reports that are stored as HTML.
const catalogue = { ...analysis, ...testing, ...views };

export type WordId = keyof typeof catalogue;
export type Words = (id: WordId, values?: Record<string, string | number>) => string;

export function wordsIn(language: Language): Words {
  return (id, values = {}) => filled(catalogue[id][language], values);
}

export function useWords(): Words {
  return wordsIn(useLanguage());
}

/** What a figure of the API's is called, such as roc_auc; its own name where there are no words for it. */
export function figureName(words: Words, name: string): string {
  const id = `page.figure.${name.replaceAll("_", "-").toLowerCase()}`;
  return id in catalogue ? words(id as WordId) : name;
}
