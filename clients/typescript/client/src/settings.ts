import { SettingsError } from "./errors.js";

/** Where the API is, and the key. */
export interface Settings {
  /** `HOOKLINE_API_KEY` by default. */
  readonly apiKey?: string | undefined;
  /** Where Hookline is, such as `https://hooks.example.com`: `HOOKLINE_URL` by default. */
  readonly baseUrl?: string | undefined;
}

export interface Address {
  readonly apiKey: string;
  /** Without a slash at the end. */
  readonly url: string;
}

const PREFIX = "/api/v1";
const LOCAL = "http://127.0.0.1:8000";

export function addressOf(settings: Settings): Address {
  const apiKey = settings.apiKey ?? environment("HOOKLINE_API_KEY");
  const baseUrl = settings.baseUrl ?? environment("HOOKLINE_URL") ?? LOCAL;
  if (!apiKey) {
    throw new SettingsError("There is no API key: pass `apiKey`, or set HOOKLINE_API_KEY.");
  }
  if (!/^[\x21-\x7e]+$/.test(apiKey)) throw new SettingsError("The API key has a space or a line break.");
  if (!/^https?:\/\/[^/?#]+[^?#]*$/.test(baseUrl)) {
    throw new SettingsError(`'${baseUrl}' is not the address of a Hookline, such as https://hooks.example.com.`);
  }
  return { apiKey, url: baseUrl.replace(/\/+$/, "") + PREFIX };
}

function environment(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  return process?.env?.[name] || undefined;
}
