import { isDraft, type Draft } from './draft.ts'

/** Puts a whole `chat.completion` together from chunks in normal form, for an upstream that streamed unasked. */
export class CompletionBuilder {
  readonly #top: Draft = {}
  readonly #choices = new Map<number, { readonly message: Draft; readonly rest: Draft }>()

  /** Adds one chunk. */
  add(chunk: Draft): void {
    for (const [name, value] of Object.entries(chunk)) {
      if (name !== 'choices' && value !== null && name !== 'obfuscation') this.#top[name] = value
    }
    for (const choice of chunk.choices as readonly unknown[]) if (isDraft(choice)) this.#addChoice(choice)
  }

  build(): Draft {
    const choices = [...this.#choices.values()]
      .map(({ message, rest }): Draft => {
        if (message.content === undefined) message.content = null
        return { ...rest, message }
      })
      .sort((left, right) => (left.index as number) - (right.index as number))
    return { ...this.#top, object: 'chat.completion', choices }
  }

  #addChoice(choice: Draft): void {
    const index = choice.index as number
    let known = this.#choices.get(index)
    if (known === undefined) {
      known = { message: {}, rest: { index, finish_reason: null } }
      this.#choices.set(index, known)
    }
    for (const [name, value] of Object.entries(choice)) {
      if (name === 'delta' || value === null || value === undefined) continue
      known.rest[name] = name === 'logprobs' ? joined(known.rest[name], value) : value
    }
    if (!isDraft(choice.delta)) return
    for (const [name, value] of Object.entries(choice.delta)) {
      if (name === 'tool_calls') addCalls(known.message, value)
      else known.message[name] = name === 'role' ? value : joined(known.message[name], value)
    }
  }
}

/** Texts and lists grow (lists in place, or a long answer's logprobs were copied at every token), objects grow member by member, anything else is replaced. */
function joined(before: unknown, value: unknown): unknown {
  if (value === null || value === undefined) return before ?? null
  if (typeof before === 'string' && typeof value === 'string') return before + value
  if (Array.isArray(before) && Array.isArray(value)) {
    for (const item of value as readonly unknown[]) before.push(item)
    return before
  }
  if (isDraft(before) && isDraft(value)) {
    const whole: Draft = { ...before }
    for (const [name, part] of Object.entries(value)) whole[name] = joined(before[name], part)
    return whole
  }
  return value
}

function addCalls(message: Draft, deltas: unknown): void {
  if (!Array.isArray(deltas)) return
  const calls = (message.tool_calls ??= []) as Draft[]
  for (const delta of deltas as readonly unknown[]) {
    if (!isDraft(delta) || typeof delta.index !== 'number') continue
    const { index, ...rest } = delta
    calls[index] = joined(calls[index] ?? {}, rest) as Draft
  }
}
