import { useEffect, useState } from "preact/hooks";
import { Refusal } from "../src/api";
import type { Resource } from "../src/resource";
import { useLanguage, useSay } from "../src/texts";
import { isText } from "./kinds";

export interface Text {
  text: string;
  bytes: number;
  isWhole: boolean;
  isText: boolean;
}

/** The beginning of a file, and no more of it over the wire than that. @throws Refusal with the server's sentence; TypeError when nobody answers. */
export async function begin(address: string, most: number, language: string, stop: AbortSignal): Promise<Text> {
  const response = await fetch(address, { headers: { "Accept-Language": language, Range: `bytes=0-${most - 1}` }, signal: stop });
  if (response.status === 416) return { text: "", bytes: 0, isWhole: true, isText: true }; // an empty file has no first byte
  if (!response.ok) {
    const said = (await response.json().catch(() => null)) as { message?: string; detail?: string } | null;
    throw new Refusal(response.status, said?.message ?? said?.detail ?? `${response.status} ${response.statusText}`);
  }
  const all = response.status === 206 ? Number(response.headers.get("Content-Range")?.split("/")[1]) : null;
  const reader = response.body!.getReader();
  const decoder = new TextDecoder();
  let [text, bytes, readable] = ["", 0, true];
  for (;;) {
    const { done, value } = await reader.read();
    if (done)
      return {
        text: text + decoder.decode(undefined, { stream: all !== null && all > bytes }),
        bytes,
        isWhole: all === null || all <= bytes,
        isText: readable,
      };
    const part = value.subarray(0, most - bytes);
    if (bytes === 0) readable = isText(part);
    bytes += part.length;
    text += decoder.decode(part, { stream: true }); // a character that is cut at the end waits for its rest, and is left out
    if (part.length < value.length || !readable) {
      await reader.cancel();
      return { text, bytes, isWhole: false, isText: readable };
    }
  }
}

/** The first bytes of a file as text; read again when its address, its size or how much is wanted changes. */
export function useText(address: string, size: number, most: number): Resource<Text> {
  const language = useLanguage();
  const say = useSay();
  const [tries, setTries] = useState(0);
  const [held, hold] = useState<{ address: string; resource: Resource<Text> }>();
  useEffect(() => {
    const stop = new AbortController();
    begin(address, most, language, stop.signal).then(
      value => hold({ address, resource: { state: "ready", value } }),
      (error: unknown) =>
        stop.signal.aborted ||
        hold({
          address,
          resource: { state: "failed", reason: error instanceof Refusal ? error.message : say("page.no-answer"), retry: () => setTries(t => t + 1) },
        }),
    );
    return () => stop.abort();
  }, [address, size, most, language, tries]);
  return held?.address === address ? held.resource : { state: "loading" };
}
