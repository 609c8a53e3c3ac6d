import { json, pieces, type Script } from '../scripted-upstream.ts'
import { answerResponses } from './openai-responses.ts'
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

/** The key the fake takes. */
export const openaiKey = 'sk-fake-openai'

const known = new Set(
  `model messages stream stream_options tools tool_choice parallel_tool_calls response_format temperature top_p n stop seed
  max_tokens max_completion_tokens presence_penalty frequency_penalty logit_bias logprobs top_logprobs user metadata store
  service_tier reasoning_effort verbosity modalities audio prediction safety_identifier prompt_cache_key functions
  function_call web_search_options`.split(/\s+/),
)

/** An OpenAI-type provider: chat (with `reasoning_content` as DeepSeek tells it), responses, completions, embeddings. */
export const fakeOpenai: Script = (answer) => {
  const { path, headers, json: body } = answer.request
  if (headers['authorization'] !== `Bearer ${openaiKey}`)
    return refusal(401, 'Incorrect API key provided.', null, 'invalid_api_key')(answer)
  try {
    return scriptFor(path, body)(answer)
  } catch (error) {
    if (!(error instanceof Refused)) throw error
    return refusal(400, error.message, error.param, null)(answer)
  }
}

/** OpenAI's error. */
export function refusal(status: number, message: string, param: string | null, code: string | null): Script {
  return json({ error: { message, type: 'invalid_request_error', param, code } }, status)
}

function scriptFor(path: string, body: Json): Script {
  switch (path) {
    case '/v1/chat/completions':
      return chat(body)
    case '/v1/responses':
      return answerResponses(body)
    case '/v1/completions':
      return completions(body)
    case '/v1/embeddings':
      return embeddings(body)
    default:
      return refusal(404, `Invalid URL (POST ${path})`, null, null)
  }
}

function questionOf(body: Json): Question {
  onlyKnown(body, known)
  const messages = listOf(body['messages'])
  if (messages.length === 0) throw new Refused('messages', 'must not be empty.')
  if (body['stream_options'] !== undefined && body['stream'] !== true)
    throw new Refused('stream_options', 'only with stream.')
  let open = new Set<unknown>()
  for (const message of messages) {
    if (message['role'] === 'tool') {
      if (!open.delete(message['tool_call_id'])) throw new Refused('messages', 'a tool message without its call.')
      continue
    }
    if (open.size > 0) throw new Refused('messages', 'a call without its tool message.')
    open = new Set(listOf(message['tool_calls']).map((call) => call['id']))
  }
  const users = messages.filter((message) => message['role'] === 'user')
  const lastOther = messages.findLastIndex((message) => message['role'] !== 'tool')
  const choice = body['tool_choice']
  const tools = listOf(body['tools']).map((tool) => String(member(tool, 'function')['name']))
  return {
    text: textOf(users.at(-1)?.['content']),
    tools,
    forcedTool: isObject(choice)
      ? String(member(choice, 'function')['name'])
      : choice === 'required'
        ? (tools[0] ?? null)
        : null,
    results: messages.slice(lastOther + 1).map((message) => textOf(message['content'])),
    schema: member(body, 'response_format')['type'] === 'json_schema',
    thinks: typeof body['reasoning_effort'] === 'string' && body['reasoning_effort'] !== 'none',
  }
}

function chat(body: Json): Script {
  const said = answerTo(questionOf(body))
  const head = { id: newId('chatcmpl-'), created: 1_700_000_000, model: `${String(body['model'])}-2026-01-01` }
  if (body['stream'] !== true) return json(completionOf(head, said))
  return pieces(streamOf(head, said, member(body, 'stream_options')['include_usage'] === true), {
    'x-request-id': newId('req_'),
  })
}

const usageOf = (said: Said): Json => ({
  prompt_tokens: tokens.input,
  completion_tokens: tokens.output,
  total_tokens: tokens.input + tokens.output,
  prompt_tokens_details: { cached_tokens: tokens.cached, audio_tokens: 0 },
  completion_tokens_details: { reasoning_tokens: said.thinking.length === 0 ? 0 : tokens.reasoning },
})

function completionOf(head: Json, said: Said): Json {
  const message = {
    role: 'assistant',
    content: said.texts.length === 0 ? null : said.texts.join(''),
    refusal: null,
    ...(said.thinking.length === 0 ? {} : { reasoning_content: said.thinking.join('') }),
    ...(said.calls.length === 0
      ? {}
      : {
          tool_calls: said.calls.map(({ name, input }) => ({
            id: newId('call_'),
            type: 'function',
            function: { name, arguments: JSON.stringify(input) },
          })),
        }),
  }
  const finish_reason = said.calls.length === 0 ? 'stop' : 'tool_calls'
  const choices = [{ index: 0, message, logprobs: null, finish_reason }]
  return { ...head, object: 'chat.completion', choices, usage: usageOf(said) }
}

function* streamOf(head: Json, said: Said, withUsage: boolean): Generator<string> {
  const event = (choices: readonly Json[], usage: Json | null): string =>
    `data: ${JSON.stringify({ ...head, object: 'chat.completion.chunk', choices, ...(withUsage ? { usage } : {}) })}\n\n`
  const delta = (value: Json, finish_reason: string | null = null): string =>
    event([{ index: 0, delta: value, logprobs: null, finish_reason }], null)
  yield delta({ role: 'assistant', content: '', refusal: null })
  for (const reasoning_content of said.thinking) yield delta({ reasoning_content })
  for (const content of said.texts) yield delta({ content })
  for (const [index, { name, input }] of said.calls.entries()) {
    yield delta({ tool_calls: [{ index, id: newId('call_'), type: 'function', function: { name, arguments: '' } }] })
    for (const text of piecesOf(input)) yield delta({ tool_calls: [{ index, function: { arguments: text } }] })
  }
  yield delta({}, said.calls.length === 0 ? 'stop' : 'tool_calls')
  if (withUsage) yield event([], usageOf(said))
  yield 'data: [DONE]\n\n'
}

function completions(body: Json): Script {
  if (typeof body['prompt'] !== 'string') throw new Refused('prompt', 'must be a text.')
  const said = answerTo({ text: '', tools: [], forcedTool: null, results: [], schema: false, thinks: false })
  const head = { id: newId('cmpl-'), object: 'text_completion', created: 1_700_000_000, model: body['model'] }
  const choice = (text: string, finish_reason: string | null): Json => ({
    index: 0,
    text,
    logprobs: null,
    finish_reason,
  })
  const usage = usageOf(said)
  if (body['stream'] !== true) return json({ ...head, choices: [choice(said.texts.join(''), 'stop')], usage })
  const events = [...said.texts.map((text) => choice(text, null)), choice('', 'stop')].map((one) => ({
    ...head,
    choices: [one],
  }))
  const last = member(body, 'stream_options')['include_usage'] === true ? [{ ...head, choices: [], usage }] : []
  return pieces([...[...events, ...last].map((one) => `data: ${JSON.stringify(one)}\n\n`), 'data: [DONE]\n\n'])
}

/** What the vectors of every input are made of. */
export const vector = [0.1, 0.2, -0.3, 1.5] as const

/** Vectors as floats whatever was asked for, as many servers of this type answer. */
function embeddings(body: Json): Script {
  const inputs = Array.isArray(body['input']) ? body['input'] : [body['input']]
  const data = inputs.map((_input, index) => ({
    object: 'embedding',
    index,
    embedding: vector.map((part) => part + index),
  }))
  return json({ object: 'list', data, model: body['model'], usage: { prompt_tokens: 5, total_tokens: 5 } })
}
