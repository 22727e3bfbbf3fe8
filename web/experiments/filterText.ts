// The text of a filter as the server reads it: clauses joined by AND. It is read here too, to complete what is typed and to mark where it cannot be read.

export const entities = ["metrics", "params", "tags", "attributes", "datasets"] as const;
type Kind = "metric" | "text" | "number" | "dataset";

const words: Record<string, Kind> = {
  metric: "metric", metrics: "metric", param: "text", params: "text", parameter: "text", parameters: "text", tag: "text", tags: "text",
  attribute: "number", attributes: "number", attr: "number", run: "number", dataset: "dataset", datasets: "dataset",
};
/** Attributes of a run, and whether they are numbers. */
export const attributes: Record<string, boolean> = {
  status: false, user_id: false, artifact_uri: false, run_name: false, run_id: false, start_time: true, end_time: true, created: true,
};
const numbers = ["=", "!=", "<", "<=", ">", ">="];
const texts = ["=", "!=", "LIKE", "ILIKE"];
const lists = ["IN", "NOT IN"];
const nulls = ["IS NULL", "IS NOT NULL"];

export interface Place {
  wants: "key" | "operator" | "value" | "and";
  /** Where what is being typed begins. */
  from: number;
  typed: string;
  /** Of the clause: its key as it is written, and the operators it takes. */
  key: string;
  operators: string[];
}

/** Thrown where a text cannot be read on. */
class Trouble extends Error {
  constructor(readonly from: number, readonly to: number) {
    super("unreadable");
  }
}

class Reader {
  at = 0;
  place: Place = { wants: "key", from: 0, typed: "", key: "", operators: [] };

  constructor(readonly text: string) {}

  skip(): void {
    while (this.at < this.text.length && /\s/.test(this.text[this.at]!)) this.at++;
  }

  end(): boolean {
    this.skip();
    return this.at >= this.text.length;
  }

  wants(wants: Place["wants"], from = this.at): void {
    this.place = { ...this.place, wants, from, typed: this.text.slice(from) };
  }

  word(): string {
    this.skip();
    const start = this.at;
    while (this.at < this.text.length && !/[\s=!<>()',"`;]/.test(this.text[this.at]!)) this.at++;
    return this.text.slice(start, this.at);
  }

  keyword(word: string): boolean {
    const before = this.at;
    if (this.word().toUpperCase() === word) return true;
    this.at = before;
    return false;
  }

  sign(sign: string): boolean {
    this.skip();
    if (!this.text.startsWith(sign, this.at)) return false;
    this.at += sign.length;
    return true;
  }

  quoted(quotes: string): boolean {
    this.skip();
    const quote = this.text[this.at];
    if (quote === undefined || !quotes.includes(quote)) return false;
    const start = this.at;
    for (let i = start + 1; i < this.text.length; i++) {
      if (this.text[i] !== quote) continue;
      if (this.text[i + 1] === quote) {
        i++;
        continue;
      }
      this.at = i + 1;
      return true;
    }
    this.at = this.text.length;
    throw new Trouble(start, this.text.length);
  }

  filter(): void {
    if (this.end()) return this.wants("key");
    for (;;) {
      this.clause();
      if (this.end()) return;
      const before = this.at;
      const joined = this.word();
      if (joined.toUpperCase() !== "AND") throw new Trouble(before, Math.max(this.at, before + 1));
      if (this.at < this.text.length) this.wants("key", this.at + 1);
      if (this.end()) throw new Trouble(before, this.text.length);
      this.wants("key");
    }
  }

  clause(): void {
    this.skip();
    const start = this.at;
    this.wants("key");
    const kind = this.ident(start);
    const key = this.text.slice(start, this.at);
    const operators = kind === "metric" ? numbers : kind === "dataset" ? [...texts, ...lists] : this.operatorsOf(key, kind);
    this.place = { ...this.place, key, operators };
    if (this.at < this.text.length) this.wants("operator", this.at + (/\s/.test(this.text[this.at]!) ? 1 : 0));
    this.skip();
    const begin = this.at;
    if (begin < this.text.length) this.wants("operator", begin);
    const operator = this.operator(begin);
    if (!operators.includes(operator)) throw new Trouble(begin, this.at);
    if (!operator.endsWith("NULL")) this.value(kind === "metric" || (kind === "number" && operators === numbers), operator);
    if (this.at < this.text.length) this.wants("and", this.at + 1);
    this.skip();
    if (this.at < this.text.length) this.wants("and");
  }

  operatorsOf(key: string, kind: Kind): string[] {
    if (kind === "text") return [...texts, ...nulls];
    const name = key.replace(/^[a-z]+\./i, "");
    return attributes[name] ? numbers : name === "run_id" ? [...texts, ...lists] : texts;
  }

  ident(start: number): Kind {
    if (this.quoted("\"`")) return "number";
    const word = this.word();
    if (word === "") throw new Trouble(start, Math.max(this.at, start + 1));
    const dot = word.indexOf(".");
    if (dot < 0) {
      if (!(word in attributes)) throw new Trouble(start, this.at);
      return "number";
    }
    const kind = words[word.slice(0, dot).toLowerCase()];
    if (kind === undefined) throw new Trouble(start, start + dot);
    if (dot === word.length - 1 && !this.quoted("\"`")) throw new Trouble(start, this.at);
    if (kind === "number" && dot < word.length - 1 && !(word.slice(dot + 1) in attributes)) throw new Trouble(start + dot + 1, this.at);
    return kind;
  }

  operator(from: number): string {
    for (const sign of ["!=", "<=", ">=", "=", "<", ">"]) if (this.sign(sign)) return sign;
    for (const word of ["LIKE", "ILIKE", "IN"]) if (this.keyword(word)) return word;
    if (this.keyword("NOT") && this.keyword("IN")) return "NOT IN";
    if (this.keyword("IS")) {
      const not = this.keyword("NOT");
      if (this.keyword("NULL")) return not ? "IS NOT NULL" : "IS NULL";
    }
    this.at = from;
    this.word();
    throw new Trouble(from, Math.max(this.at, from + 1));
  }

  value(isNumber: boolean, operator: string): void {
    this.skip();
    this.wants("value");
    const start = this.at;
    if (start >= this.text.length) throw new Trouble(start, start);
    if (operator.endsWith("IN")) {
      if (!this.sign("(")) throw new Trouble(start, start + 1);
      do if (!this.quoted("'\"")) throw new Trouble(this.at, this.at + 1); while (this.sign(","));
      if (!this.sign(")")) throw new Trouble(start, this.text.length);
    } else if (isNumber) {
      if (this.quoted("'\"")) throw new Trouble(start, this.at);
      const word = this.word();
      if (word === "" || !Number.isFinite(Number(word))) throw new Trouble(start, Math.max(this.at, start + 1));
    } else if (!this.quoted("'\"")) {
      this.word();
      throw new Trouble(start, Math.max(this.at, start + 1));
    }
  }
}

/** Where a filter cannot be read on; null where all of it can. */
export function troubleIn(text: string): { from: number; to: number } | null {
  const reader = new Reader(text);
  try {
    reader.filter();
    return null;
  } catch (error) {
    if (error instanceof Trouble) return { from: error.from, to: error.to };
    throw error;
  }
}

/** What belongs where the caret is. */
export function placeAt(text: string, caret: number): Place {
  const reader = new Reader(text.slice(0, caret));
  try {
    reader.filter();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
  }
  return reader.place;
}

/** A filter with one more clause. */
export function joined(filter: string, clause: string): string {
  return filter.trim() === "" ? clause : `${filter.trim()} AND ${clause}`;
}

/** A text as a filter writes it. */
export const quote = (text: string): string => `'${text.replaceAll("'", "''")}'`;
