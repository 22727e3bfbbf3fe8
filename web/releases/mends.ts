/** The words of a command as a shell reads them: 'it'\''s one word'. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(m =>
    m[0].replace(/'([^']*)'|\\(.)/g, (_, inner: string | undefined, escaped: string | undefined) => inner ?? escaped ?? ""),
  );
}

/** What a command that releases asks for; null where it is another command. */
export function releaseOf(command: string): { set: string[]; without: string[]; waivers: { version: string; check: string; because: string }[] } | null {
  const [kumiki, verb, ...words] = wordsOf(command);
  if (kumiki !== "kumiki" || verb !== "release") return null;
  const asked = { set: [] as string[], without: [] as string[], waivers: [] as { version: string; check: string; because: string }[] };
  for (let at = 0; at < words.length; at++) {
    const word = words[at]!;
    if (word === "--without") asked.without.push(words[++at] ?? "");
    else if (word === "--waive") {
      const [, version = "", check = "", because = ""] = /^([^:]*):([^=]*)=(.*)$/s.exec(words[++at] ?? "") ?? [];
      asked.waivers.push({ version, check, because });
    } else asked.set.push(word);
  }
  return asked;
}

/** The gate that a command passes over, which still needs a reason; null where it passes over none. */
export function waiverOf(command: string): { version: string; check: string } | null {
  // A command may repeat waivers given before; the one without a reason yet is the mend.
  const open = releaseOf(command)?.waivers.find(w => w.because === "REASON");
  return open ? { version: open.version, check: open.check } : null;
}

/** The asset that a command makes; null where it makes none. */
export function makeOf(command: string): string | null {
  return /^kumiki make ([a-z0-9.-]+)/.exec(command)?.[1] ?? null;
}
