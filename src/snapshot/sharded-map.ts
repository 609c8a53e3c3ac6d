/**
 * An immutable map for very large registries: changing a few of 100,000 entries copies a few small shards and one array of
 * 1,024 pointers instead of the whole map, so a swap stays far below a millisecond.
 */
const shardCount = 1024

type Shards<Value> = readonly ReadonlyMap<string, Value>[]

export class ShardedMap<Value> implements ReadonlyMap<string, Value> {
  readonly size: number
  readonly #shards: Shards<Value>

  private constructor(shards: Shards<Value>, size: number) {
    this.#shards = shards
    this.size = size
  }

  static empty<Value>(): ShardedMap<Value> {
    const none: ReadonlyMap<string, Value> = new Map()
    return new ShardedMap(
      Array.from({ length: shardCount }, () => none),
      0,
    )
  }

  /** For `ShardedMapDraft.finish`: one map for each shard, none of them changed afterwards. */
  static ofShards<Value>(shards: Shards<Value>, size: number): ShardedMap<Value> {
    return new ShardedMap(shards, size)
  }

  get(key: string): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  has(key: string): boolean {
    return this.#shards[shardOf(key)]?.has(key) ?? false
  }

  /** A new map with these entries set (or, where undefined, removed). Later entries win. */
  with(entries: Iterable<readonly [string, Value | undefined]>): ShardedMap<Value> {
    const draft = this.draft()
    for (const [key, value] of entries) {
      if (value === undefined) draft.delete(key)
      else draft.set(key, value)
    }
    return draft.finish()
  }

  /** A changeable view of this map; shards are copied when first written to. `finish` makes the next map. */
  draft(): ShardedMapDraft<Value> {
    return new ShardedMapDraft(this.#shards, this.size)
  }

  *entries(): MapIterator<[string, Value]> {
    for (const shard of this.#shards) yield* shard.entries()
  }

  *keys(): MapIterator<string> {
    for (const shard of this.#shards) yield* shard.keys()
  }

  *values(): MapIterator<Value> {
    for (const shard of this.#shards) yield* shard.values()
  }

  [Symbol.iterator](): MapIterator<[string, Value]> {
    return this.entries()
  }

  forEach(visit: (value: Value, key: string, map: ReadonlyMap<string, Value>) => void): void {
    for (const [key, value] of this) visit(value, key, this)
  }
}

/** The next `ShardedMap` while it is being made. Used by one writer, and not after `finish`. */
export class ShardedMapDraft<Value> {
  #size: number
  #shards: ReadonlyMap<string, Value>[]
  readonly #owned = new Map<number, Map<string, Value>>()

  constructor(shards: Shards<Value>, size: number) {
    this.#shards = [...shards]
    this.#size = size
  }

  get(key: string): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  set(key: string, value: Value): void {
    const shard = this.#own(shardOf(key))
    const before = shard.size
    shard.set(key, value)
    this.#size += shard.size - before
  }

  delete(key: string): void {
    const index = shardOf(key)
    if (this.#shards[index]?.has(key) !== true) return
    this.#own(index).delete(key)
    this.#size -= 1
  }

  finish(): ShardedMap<Value> {
    const shards = this.#shards
    this.#shards = []
    this.#owned.clear()
    return ShardedMap.ofShards(shards, this.#size)
  }

  #own(index: number): Map<string, Value> {
    const owned = this.#owned.get(index)
    if (owned !== undefined) return owned
    const copy = new Map(this.#shards[index])
    this.#owned.set(index, copy)
    this.#shards[index] = copy
    return copy
  }
}

/** FNV-1a over the UTF-16 units; only has to spread evenly. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < key.length; index++) {
    hash = Math.imul(hash ^ key.charCodeAt(index), 0x01000193)
  }
  return (hash >>> 0) % shardCount
}
