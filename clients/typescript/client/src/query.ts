/** The query of a URL, with its `?`. Lists are repeated, and `{a: 1}` becomes `name[a]=1`. */
export function queryOf(options: Readonly<Record<string, unknown>>, names: readonly string[]): string {
  const pairs = names.flatMap((name) => pairsOf(name, options[name]));
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

function pairsOf(name: string, value: unknown): [string, string][] {
  if (value === undefined || value === null) return [];
  if (value instanceof Date) return [[name, value.toISOString()]];
  if (Array.isArray(value)) return value.flatMap((one) => pairsOf(name, one));
  if (typeof value !== "object") return [[name, String(value)]];
  return Object.entries(value).flatMap(([key, one]) => pairsOf(`${name}[${key}]`, one));
}
