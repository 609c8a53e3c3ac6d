import fc from 'fast-check'
import { accumulateResponse } from 'openai/lib/responses/ResponseAccumulator'
import type { Response as OpenAiResponse, ResponseStreamEvent } from 'openai/resources/responses/responses'
import { describe, expect, it } from 'vitest'
import { isJsonObject, type JsonObject, type JsonValue } from '../../../src/core/json.ts'
import { CompletionBuilder } from '../../../src/providers/chat/chunks-to-completion.ts'
import { chunkOf, eventsOf, finalOf, streamed, usageChunk, whole } from './over-chat.ts'

const text = fc.string({ minLength: 1, maxLength: 6, unit: 'binary' })
const url: JsonObject = {
  type: 'url_citation',
  url_citation: { url: 'https://a.example', title: 'A', start_index: 0, end_index: 1 },
}

interface Step {
  readonly delta: JsonObject
  readonly call?: number
}

const reasoning = text.map((said): Step => ({ delta: { reasoning_content: said } }))
const content = text.map((said): Step => ({ delta: { content: said } }))
const annotation = fc.constant<Step>({ delta: { annotations: [url] } })
const refusal = text.map((said): Step => ({ delta: { refusal: said } }))
const argument = fc.record({ call: fc.nat(2), said: text })

/** Calls open in the order of their indexes and then grow in any order. */
function callSteps(grown: readonly { readonly call: number; readonly said: string }[]): Step[] {
  let opened = 0
  return grown.flatMap(({ call, said }): Step[] => {
    const steps: Step[] = []
    while (opened <= call) {
      const announced = {
        index: opened,
        id: `call_${opened}`,
        type: 'function',
        function: { name: opened === 1 ? 'patch' : 'look', arguments: '' },
      }
      steps.push({ delta: { tool_calls: [announced] } })
      opened += 1
    }
    steps.push({ delta: { tool_calls: [{ index: call, function: { arguments: said } }] } })
    return steps
  })
}

const finish = fc.constantFrom('stop', 'length', 'content_filter', 'tool_calls')
const bodies = fc.constantFrom<JsonObject>(
  {},
  { reasoning: { summary: 'auto' } },
  { include: ['reasoning.encrypted_content'] },
  { tools: [{ type: 'custom', name: 'patch' }] },
)

/** Thinking, then text, then a refusal, then calls: as most providers speak. */
const inOrder = fc
  .tuple(
    fc.array(reasoning),
    fc.array(content),
    fc.array(annotation, { maxLength: 2 }),
    fc.array(refusal, { maxLength: 2 }),
    fc.array(argument),
  )
  .map(([thought, said, sources, refused, grown]) => [
    ...thought,
    ...said,
    ...(said.length === 0 ? [] : sources),
    ...refused,
    ...callSteps(grown),
  ])

const inAnyOrder = fc
  .tuple(fc.array(fc.oneof(reasoning, content, annotation, refusal)), fc.array(argument), fc.array(fc.nat(20)))
  .map(([said, grown, places]) => {
    const steps: Step[] = [...said]
    let last = 0
    for (const [number, step] of callSteps(grown).entries()) {
      last = Math.min(steps.length, Math.max(last, places[number] ?? steps.length))
      steps.splice(last, 0, step)
      last += 1
    }
    return steps
  })

function chunksOf(steps: readonly Step[], finishReason: string): JsonObject[] {
  const said = steps.map(({ delta }) => chunkOf(delta))
  return [chunkOf({ role: 'assistant', content: '' }), ...said, chunkOf({}, finishReason), usageChunk]
}

/** What the client's own strict accumulator makes of the events; it throws at the first that does not fit. */
function accumulated(events: readonly unknown[]): OpenAiResponse {
  let snapshot: OpenAiResponse | undefined
  for (const event of events) snapshot = accumulateResponse(event as ResponseStreamEvent, snapshot)
  if (snapshot === undefined) throw new Error('there was no event')
  return snapshot
}

function textsIn(response: JsonObject, type: string, member: string): string {
  const output = response['output'] as readonly JsonObject[]
  return output
    .flatMap((item) => [...((item['content'] ?? []) as JsonValue[]), ...((item['summary'] ?? []) as JsonValue[])])
    .filter(isJsonObject)
    .filter((part) => part['type'] === type)
    .map((part) => (typeof part[member] === 'string' ? part[member] : ''))
    .join('')
}

describe('any chat in normal form', () => {
  it('gives a stream that the strict accumulator of the client accepts, up to its last event (I06)', () => {
    fc.assert(
      fc.property(fc.oneof(inOrder, inAnyOrder), finish, bodies, (steps, finishReason, body) => {
        const events = eventsOf(streamed(chunksOf(steps, finishReason), body))
        const beforeTheEnd = accumulated(events.slice(0, -1))
        const { output_text: _text, ...final } = accumulated(events)
        expect(final).toEqual(events.at(-1)?.response)
        // What the deltas and dones said is what the last event says again.
        expect(beforeTheEnd.output).toEqual(final.output)
      }),
    )
  })

  it('keeps the rules of its events: numbers, ids, order', () => {
    fc.assert(
      fc.property(inAnyOrder, finish, bodies, (steps, finishReason, body) => {
        const sink = streamed(chunksOf(steps, finishReason), body)
        const events = eventsOf(sink)
        expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, index) => index))
        expect(sink.chunks.map((chunk) => chunk.event)).toEqual(events.map((event) => event.type))
        const added = events.filter((event) => event.type === 'response.output_item.added')
        expect(added.map((event) => event.output_index)).toEqual(added.map((_, index) => index))
        const ids = added.map((event) => event.item?.['id'])
        expect(new Set(ids).size).toBe(ids.length)
        for (const event of events) {
          if (event.item_id !== undefined) expect(event.item_id).toBe(ids[event.output_index ?? -1])
        }
        const done = events.filter((event) => event.type === 'response.output_item.done')
        expect(done.map((event) => event.item?.['id']).sort()).toEqual([...ids].sort())
        expect(sink.usages).toHaveLength(1)
      }),
    )
  })

  it('in the usual order ends with the response that the whole completion gives', () => {
    fc.assert(
      fc.property(inOrder, finish, bodies, (steps, finishReason, body) => {
        const chunks = chunksOf(steps, finishReason)
        const builder = new CompletionBuilder()
        for (const chunk of chunks) builder.add(structuredClone(chunk))
        const { response } = whole(builder.build() as JsonObject, body)
        expect(finalOf(streamed(chunks, body))).toEqual(response)
      }),
    )
  })

  it('in any order loses no word', () => {
    fc.assert(
      fc.property(inAnyOrder, finish, (steps, finishReason) => {
        const final = finalOf(streamed(chunksOf(steps, finishReason)))
        const said = (name: string): string =>
          steps.map(({ delta }) => (typeof delta[name] === 'string' ? delta[name] : '')).join('')
        expect(textsIn(final, 'reasoning_text', 'text')).toBe(said('reasoning_content'))
        expect(textsIn(final, 'output_text', 'text')).toBe(said('content'))
        expect(textsIn(final, 'refusal', 'refusal')).toBe(said('refusal'))
      }),
    )
  })
})
