// Which deliveries were handled: a delivery is sent at least once, so it can arrive twice.

/** `busy`: another request with the same id is being handled. */
export type State = "new" | "busy" | "done";

/**
 * A delivery is claimed, then finished or released. `token` says whose claim it is. A claim that is
 * neither finished nor released, because its process died, ends by itself: then the next try is new.
 */
export interface Store {
  /** Of several at once, only one may be new. */
  claim(deliveryId: string, token: string): State | Promise<State>;
  finish(deliveryId: string, token: string): void | Promise<void>;
  release(deliveryId: string, token: string): void | Promise<void>;
}

/** Remembers the last deliveries in this process, and forgets them when it ends. */
export function memoryStore({ room = 10_000 }: { room?: number } = {}): Store {
  const known = new Map<string, State>();
  return {
    claim(id) {
      const state = known.get(id);
      if (state) return state;
      known.set(id, "busy");
      if (known.size > room) known.delete(known.keys().next().value as string);
      return "new";
    },
    finish: (id) => void known.set(id, "done"),
    release: (id) => void known.delete(id),
  };
}

/**
 * Runs one command of Redis: `(...words) => redis.call(...words)` with ioredis,
 * `(...words) => redis.sendCommand(words)` with node-redis.
 */
export type RedisCommand = (...words: [string, ...string[]]) => Promise<unknown>;

export interface RedisRules {
  /** How keys begin: `hookline:delivery:` by default. */
  readonly prefix?: string;
  /** For how long a delivery is remembered, in seconds: 3 days by default. */
  readonly keep?: number;
  /** When another try is new, if the process died meanwhile, in seconds: 60 by default. */
  readonly lease?: number;
}

const RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end";

/** Remembers deliveries in Redis, for any number of processes. */
export function redisStore(command: RedisCommand, rules: RedisRules = {}): Store {
  const { prefix = "hookline:delivery:", keep = 3 * 86_400, lease = 60 } = rules;
  return {
    async claim(id, token) {
      const key = prefix + id;
      if (await command("SET", key, token, "NX", "EX", String(lease))) return "new";
      return String(await command("GET", key)) === "done" ? "done" : "busy";
    },
    async finish(id) {
      await command("SET", prefix + id, "done", "EX", String(keep));
    },
    async release(id, token) {
      await command("EVAL", RELEASE, "1", prefix + id, token);
    },
  };
}
