import { createHash } from 'node:crypto'
import { type JsonObject, type JsonValue, isJsonObject, ownMember } from '../core/json.ts'
import { type Attribution, attributionOf } from './attribution.ts'
import type { Asked } from './exchange.ts'
import { type RequestNeeds, type RouteRequest, requestNeeds } from './route-targets.ts'

/**
 * What a route may decide by, worked out at the first look: most requests name one model, and nobody looks. The draw of a
 * weighted route depends on the request, or on the assignment unit when the route is sticky, and on nothing else: no chance.
 */
export class PlannedRequest implements RouteRequest {
  readonly promptSlug: string | null
  readonly #asked: Asked
  readonly #chatBody: () => JsonObject
  #attribution: Attribution | null = null
  #needs: RequestNeeds | null = null

  /** @param chatBody the request in chat's words, a prompt expanded. */
  constructor(asked: Asked, promptSlug: string | null, chatBody: () => JsonObject) {
    this.#asked = asked
    this.promptSlug = promptSlug
    this.#chatBody = chatBody
  }

  get appName(): string | null {
    return this.#attributes().appName
  }

  get environment(): string | null {
    return this.#attributes().environment
  }

  get locale(): string | null {
    return this.#attributes().locale
  }

  get userId(): string | null {
    return this.#attributes().userId
  }

  get metadata(): Readonly<Record<string, string>> {
    return this.#attributes().metadata
  }

  get keyName(): string {
    return this.#asked.key.name
  }

  get stream(): boolean {
    return this.#asked.stream
  }

  get at(): number {
    return this.#asked.createdAt
  }

  get needs(): RequestNeeds['needs'] {
    return this.#needed().needs
  }

  get inputTokens(): number {
    return this.#needed().inputTokens
  }

  get maxOutputTokens(): number | null {
    return this.#needed().maxOutputTokens
  }

  draw(slug: string, sticky: boolean): number {
    const unit = (sticky ? assignmentUnit(this.#asked) : null) ?? this.#asked.requestId
    return createHash('sha256').update(`${slug}:${unit}`).digest().readUInt32BE(0) / 2 ** 32
  }

  #attributes(): Attribution {
    return (this.#attribution ??= attributionOf(this.#asked))
  }

  #needed(): RequestNeeds {
    return (this.#needs ??= requestNeeds(this.#chatBody()))
  }
}

/** Who is served, by the order of contract 2.3. null: nobody is named. */
export function assignmentUnit(asked: Asked): string | null {
  const { body, header } = asked
  const metadata = ownMember(body, 'metadata')
  const pairs = isJsonObject(metadata) ? metadata : {}
  const candidates: readonly (JsonValue | undefined)[] = [
    header('x-assignment-key'),
    ownMember(pairs, 'user_id'),
    ownMember(body, 'safety_identifier'),
    ownMember(body, 'user'),
    ownMember(pairs, 'session_id'),
    header('x-session-id'),
    ownMember(body, 'prompt_cache_key'),
  ]
  for (const candidate of candidates) {
    if (typeof candidate === 'string' && candidate !== '') return candidate
    if (typeof candidate === 'number') return String(candidate)
  }
  return null
}
