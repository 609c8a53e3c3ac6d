import { json, pieces, type Script } from '../scripted-upstream.ts'
import {
  answerTo,
  isObject,
  type Json,
  listOf,
  member,
  newId,
  onlyKnown,
  piecesOf,
  type Question,
  Refused,
  type Said,
  textOf,
  tokens,
} from './said.ts'

const known = new Set(
  `model input instructions stream stream_options tools tool_choice parallel_tool_calls text reasoning include store
  temperature top_p max_output_tokens max_tool_calls metadata user safety_identifier prompt_cache_key service_tier
  previous_response_id truncation top_logprobs background`.split(/\s+/),
)

/** What each id of an item stands for, as OpenAI keeps it for who stored it. */
const stored = new Map<string, Json>()

/** `POST /v1/responses` as OpenAI answers it. */
export function answerResponses(body: Json): Script {
  const said = answerTo(questionOf(body))
  const response = new Response(body, said)
  if (body['stream'] !== true) return json(response.whole())
  return pieces(response.events())
}

function questionOf(body: Json): Question {
  onlyKnown(body, known)
  const items: readonly Json[] =
    typeof body['input'] === 'string' ? [{ role: 'user', content: body['input'] }] : listOf(body['input']).map(resolved)
  if (items.length === 0) throw new Refused('input', 'must not be empty.')
  const calls = new Set(items.filter((item) => item['type'] === 'function_call').map((item) => item['call_id']))
  const outputs = items.filter((item) => item['type'] === 'function_call_output')
  for (const output of outputs) {
    if (!calls.delete(output['call_id'])) throw new Refused('input', 'an output without its call.')
  }
  if (calls.size > 0) throw new Refused('input', 'a call without its output.')
  const users = items.filter((item) => item['role'] === 'user')
  const lastOther = items.findLastIndex((item) => item['type'] !== 'function_call_output')
  const choice = body['tool_choice']
  const tools = listOf(body['tools']).map((tool) => String(tool['name']))
  return {
    text: textOf(users.at(-1)?.['content']),
    tools,
    forcedTool: isObject(choice) ? String(choice['name']) : choice === 'required' ? (tools[0] ?? null) : null,
    results: items.slice(lastOther + 1).map((item) => textOf(item['output'])),
    schema: member(member(body, 'text'), 'format')['type'] === 'json_schema',
    thinks: typeof member(body, 'reasoning')['effort'] === 'string',
  }
}

function resolved(item: Json): Json {
  if (item['type'] !== 'item_reference') return item
  const found = stored.get(String(item['id']))
  if (found === undefined) throw new Refused('input', `Item with id '${String(item['id'])}' not found.`)
  return found
}

class Response {
  readonly #head: Json
  readonly #items: readonly Json[]
  readonly #usage: Json

  constructor(body: Json, said: Said) {
    this.#head = {
      id: newId('resp_'),
      object: 'response',
      created_at: 1_700_000_000,
      model: `${String(body['model'])}-2026-01-01`,
      error: null,
      incomplete_details: null,
      instructions: body['instructions'] ?? null,
      metadata: {},
      parallel_tool_calls: true,
      temperature: 1,
      tool_choice: 'auto',
      tools: body['tools'] ?? [],
      top_p: 1,
    }
    this.#items = itemsOf(said)
    for (const item of this.#items) stored.set(String(item['id']), item)
    this.#usage = {
      input_tokens: tokens.input,
      input_tokens_details: { cached_tokens: tokens.cached },
      output_tokens: tokens.output,
      output_tokens_details: { reasoning_tokens: said.thinking.length === 0 ? 0 : tokens.reasoning },
      total_tokens: tokens.input + tokens.output,
    }
  }

  whole(): Json {
    return { ...this.#head, status: 'completed', output: this.#items, usage: this.#usage }
  }

  *events(): Generator<string> {
    let sequence_number = 0
    const event = (type: string, rest: Json): string =>
      `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: sequence_number++, ...rest })}\n\n`
    const begun = { ...this.#head, status: 'in_progress', output: [], usage: null }
    yield event('response.created', { response: begun })
    yield event('response.in_progress', { response: begun })
    for (const [output_index, item] of this.#items.entries()) {
      const place = { output_index, item_id: item['id'] }
      yield event('response.output_item.added', { output_index, item: emptied(item) })
      for (const [type, rest] of growthOf(item)) yield event(type, { ...place, ...rest })
      yield event('response.output_item.done', { output_index, item })
    }
    yield event('response.completed', { response: this.whole() })
  }
}

function itemsOf(said: Said): readonly Json[] {
  const items: Json[] = []
  if (said.thinking.length > 0) {
    items.push({
      id: newId('rs_'),
      type: 'reasoning',
      summary: [{ type: 'summary_text', text: said.thinking.join('') }],
    })
  }
  if (said.texts.length > 0) {
    const part = { type: 'output_text', annotations: [], logprobs: [], text: said.texts.join('') }
    items.push({ id: newId('msg_'), type: 'message', status: 'completed', role: 'assistant', content: [part] })
  }
  for (const { name, input } of said.calls) {
    const call = { call_id: newId('call_'), name, arguments: JSON.stringify(input) }
    items.push({ id: newId('fc_'), type: 'function_call', status: 'completed', ...call })
  }
  return items
}

function emptied(item: Json): Json {
  switch (item['type']) {
    case 'message':
      return { ...item, status: 'in_progress', content: [] }
    case 'reasoning':
      return { ...item, summary: [] }
    default:
      return { ...item, status: 'in_progress', arguments: '' }
  }
}

function growthOf(item: Json): readonly (readonly [string, Json])[] {
  const [part] = listOf(item['content'] ?? item['summary'])
  if (item['type'] === 'function_call') {
    const text = String(item['arguments'])
    return [
      ...piecesOf(JSON.parse(text) as Json).map(
        (delta) => ['response.function_call_arguments.delta', { delta }] as const,
      ),
      ['response.function_call_arguments.done', { arguments: text, name: item['name'] }],
    ]
  }
  const text = String(part?.['text'])
  const halves = [text.slice(0, 5), text.slice(5)]
  if (item['type'] === 'reasoning') {
    return [
      ['response.reasoning_summary_part.added', { summary_index: 0, part: { type: 'summary_text', text: '' } }],
      ...halves.map((delta) => ['response.reasoning_summary_text.delta', { summary_index: 0, delta }] as const),
      ['response.reasoning_summary_text.done', { summary_index: 0, text }],
      ['response.reasoning_summary_part.done', { summary_index: 0, part }],
    ]
  }
  const at = { content_index: 0 }
  return [
    ['response.content_part.added', { ...at, part: { ...part, text: '' } }],
    ...halves.map((delta) => ['response.output_text.delta', { ...at, delta, logprobs: [] }] as const),
    ['response.output_text.done', { ...at, text, logprobs: [] }],
    ['response.content_part.done', { ...at, part }],
  ]
}
