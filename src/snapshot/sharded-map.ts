/**
 * An immutable map for very large registries: changing a few of 100,000 entries copies a few small shards and one array of
 * 1,024 pointers instead of the whole map, so a swap stays far below a millisecond.
 */
const shardCount = 1024

export class ShardedMap<Value> {
  readonly size: number
  readonly #shards: readonly ReadonlyMap<string, Value>[]

  private constructor(shards: readonly ReadonlyMap<string, Value>[], size: number) {
    this.#shards = shards
    this.size = size
  }

  static empty<Value>(): ShardedMap<Value> {
    const none: ReadonlyMap<string, Value> = new Map()
    return new ShardedMap(Array.from({ length: shardCount }, () => none), 0)
  }

  get(key: string): Value | undefined {
    return this.#shards[shardOf(key)]?.get(key)
  }

  /** A new map with these entries set (or, where undefined, removed). Later entries win. */
  with(entries: Iterable<readonly [string, Value | undefined]>): ShardedMap<Value> {
    const shards = [...this.#shards]
    const copied = new Map<number, Map<string, Value>>()
    let size = this.size
    for (const [key, value] of entries) {
      const index = shardOf(key)
      let shard = copied.get(index)
      if (shard === undefined) {
        shard = new Map(shards[index])
        copied.set(index, shard)
        shards[index] = shard
      }
      const before = shard.size
      if (value === undefined) shard.delete(key)
      else shard.set(key, value)
      size += shard.size - before
    }
    return new ShardedMap(shards, size)
  }

  *entries(): IterableIterator<readonly [string, Value]> {
    for (const shard of this.#shards) yield* shard
  }

  *values(): IterableIterator<Value> {
    for (const shard of this.#shards) yield* shard.values()
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
