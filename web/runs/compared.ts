export interface ComparedRow { name: string; values: (string | null)[]; differs: boolean }

/** The values of some things by name, one row a name; null where one has none of it. */
export function rowsOf<T>(of: T[], values: (one: T) => Record<string, string>): ComparedRow[] {
  const all = of.map(values);
  return [...new Set(all.flatMap(a => Object.keys(a)))].map(name => {
    const row = all.map(a => a[name] ?? null);
    return { name, values: row, differs: row.some(v => v !== row[0]) };
  });
}
