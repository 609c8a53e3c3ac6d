import { json, pieces, type Script } from '../scripted-upstream.ts'
import {
  answerTo,
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
  thought,
  tokens,
} from './said.ts'

/** The key the fake takes. */
export const anthropicKey = 'sk-fake-anthropic'

/** The signature of all of its thinking. */
export const signature = 'c2lnbmVk'

const known = new Set(
  `model max_tokens messages system stream tools tool_choice temperature top_p top_k stop_sequences metadata thinking
  output_config service_tier cache_control`.split(/\s+/),
)

/** `POST /v1/messages` as Anthropic answers it, with the rules that translations break most often. */
export const fakeAnthropic: Script = (answer) => {
  const { path, headers, json: body } = answer.request
  if (headers['x-api-key'] !== anthropicKey) return refusal(401, 'authentication_error', 'invalid x-api-key')(answer)
  if (headers['anthropic-version'] === undefined)
    return refusal(400, 'invalid_request_error', 'anthropic-version: header is required')(answer)
  if (path !== '/v1/messages') return refusal(404, 'not_found_error', 'Not found')(answer)
  try {
    return messages(body)(answer)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return refusal(400, 'invalid_request_error', error.message)(answer)
  }
}

/** Anthropic's error. */
export function refusal(status: number, type: string, message: string): Script {
  return json({ type: 'error', error: { type, message }, request_id: newId('req_') }, status, {
    'request-id': newId('req_'),
  })
}

function messages(body: Json): Script {
  const said = answerTo(questionOf(body))
  const head = {
    id: newId('msg_'),
    type: 'message',
    role: 'assistant',
    model: body['model'],
    stop_sequence: null,
  }
  const stop_reason = said.calls.length === 0 ? 'end_turn' : 'tool_use'
  const usage = {
    input_tokens: tokens.input - tokens.cached,
    cache_read_input_tokens: tokens.cached,
    cache_creation_input_tokens: 0,
    output_tokens: tokens.output,
    ...(said.thinking.length === 0 ? {} : { output_tokens_details: { thinking_tokens: tokens.reasoning } }),
  }
  const blocks = blocksOf(said)
  const sent = { 'request-id': newId('req_') }
  if (body['stream'] !== true)
    return json({ ...head, stop_reason, content: blocks.map(({ block }) => block), usage }, 200, sent)
  return pieces(streamOf(head, blocks, stop_reason, usage), sent)
}

interface Block {
  readonly block: Json
  readonly start: Json
  readonly deltas: readonly Json[]
}

function blocksOf(said: Said): readonly Block[] {
  const blocks: Block[] = []
  if (said.thinking.length > 0) {
    blocks.push({
      block: { type: 'thinking', thinking: said.thinking.join(''), signature },
      start: { type: 'thinking', thinking: '', signature: '' },
      deltas: [
        ...said.thinking.map((thinking) => ({ type: 'thinking_delta', thinking })),
        { type: 'signature_delta', signature },
      ],
    })
  }
  if (said.texts.length > 0) {
    blocks.push({
      block: { type: 'text', text: said.texts.join('') },
      start: { type: 'text', text: '' },
      deltas: said.texts.map((text) => ({ type: 'text_delta', text })),
    })
  }
  for (const { name, input } of said.calls) {
    const call = { type: 'tool_use', id: newId('toolu_'), name }
    const deltas = ['', ...piecesOf(input)].map((partial_json) => ({ type: 'input_json_delta', partial_json }))
    blocks.push({ block: { ...call, input }, start: { ...call, input: {} }, deltas })
  }
  return blocks
}

function* streamOf(head: Json, blocks: readonly Block[], stop_reason: string, usage: Json): Generator<string> {
  const event = (type: string, rest: Json): string => `event: ${type}\ndata: ${JSON.stringify({ type, ...rest })}\n\n`
  yield event('message_start', {
    message: { ...head, content: [], stop_reason: null, usage: { ...usage, output_tokens: 1 } },
  })
  yield event('ping', {})
  for (const [index, { start, deltas }] of blocks.entries()) {
    yield event('content_block_start', { index, content_block: start })
    for (const delta of deltas) yield event('content_block_delta', { index, delta })
    yield event('content_block_stop', { index })
  }
  yield event('message_delta', { delta: { stop_reason, stop_sequence: null }, usage })
  yield event('message_stop', {})
}

function questionOf(body: Json): Question {
  onlyKnown(body, known)
  if (!Number.isInteger(body['max_tokens'])) throw new Refused('max_tokens', 'Field required')
  const turns = listOf(body['messages'])
  if (turns[0]?.['role'] !== 'user') throw new Refused('messages', 'first message must use the "user" role')
  const thinking = member(body, 'thinking')
  const thinks = thinking['type'] === 'enabled' || thinking['type'] === 'adaptive'
  if (thinking['type'] === 'enabled' && !(Number(thinking['budget_tokens']) < Number(body['max_tokens'])))
    throw new Refused('max_tokens', 'must be greater than thinking.budget_tokens')
  if (thinks && body['temperature'] !== undefined && body['temperature'] !== 1)
    throw new Refused('temperature', 'may only be set to 1 when thinking is enabled')
  turns.forEach((turn, at) => checkTurn(turn, turns[at + 1]))
  const last = blocksIn(turns.at(-1))
  const calling = blocksIn(turns.at(-2))
  const results = last.filter((block) => block['type'] === 'tool_result')
  if (thinking['type'] === 'enabled' && results.length > 0 && !isSigned(calling[0]))
    throw new Refused('messages', 'Expected `thinking`, but found `tool_use`.')
  const choice = member(body, 'tool_choice')
  const tools = listOf(body['tools']).map((tool) => String(tool['name']))
  return {
    text: last.map((block) => (block['type'] === 'text' ? String(block['text']) : '')).join(''),
    tools,
    forcedTool:
      choice['type'] === 'tool' ? String(choice['name']) : choice['type'] === 'any' ? (tools[0] ?? null) : null,
    results: results.map((block) => textOf(block['content'])),
    schema: member(member(body, 'output_config'), 'format')['type'] === 'json_schema',
    thinks,
  }
}

function isSigned(block: Json | undefined): boolean {
  return block?.['type'] === 'thinking' && block['thinking'] === thought && block['signature'] === signature
}

function checkTurn(turn: Json, next: Json | undefined): void {
  if (turn['role'] !== 'user' && turn['role'] !== 'assistant')
    throw new Refused('messages', `Unexpected role "${String(turn['role'])}"`)
  const blocks = blocksIn(turn)
  for (const block of blocks) {
    if (block['type'] === 'text' && String(block['text']).trim() === '')
      throw new Refused('messages', 'text content blocks must contain non-whitespace text')
  }
  const calls = blocks.filter((block) => block['type'] === 'tool_use').map((block) => block['id'])
  if (calls.length === 0) return
  const answered = blocksIn(next)
    .slice(0, calls.length)
    .filter((block) => block['type'] === 'tool_result')
    .map((block) => block['tool_use_id'])
  if (new Set(calls).size !== calls.length || calls.some((id) => !answered.includes(id)))
    throw new Refused('messages', '`tool_use` ids were found without `tool_result` blocks immediately after')
}

function blocksIn(turn: Json | undefined): readonly Json[] {
  const content = turn?.['content']
  return typeof content === 'string' ? [{ type: 'text', text: content }] : listOf(content)
}
